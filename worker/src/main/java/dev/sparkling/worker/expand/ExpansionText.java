package dev.sparkling.worker.expand;

import dev.sparkling.expander.run.ExpansionPreview;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.worker.text.Format;
import java.time.Duration;
import java.util.Locale;

/** An expansion in a few lines. */
public final class ExpansionText {

  private ExpansionText() {}

  /** What an expansion did. */
  public static String of(ExpansionReport report) {
    return String.format(
        Locale.ROOT,
        "expansion: hidden %d to %d, inner %d to %d, %s to %s parameters",
        report.widths().hiddenSize(),
        report.newWidths().hiddenSize(),
        report.widths().innerSize(),
        report.newWidths().innerSize(),
        Format.count(report.parameters()),
        Format.count(report.newParameters()));
  }

  /** What an expansion would do. */
  static String of(ExpansionPreview preview) {
    return String.format(
        Locale.ROOT,
        """
        parameters  %s to %s, logits times %s
        bytes       %s to read, %s to write
        time        %s at %s/s for reading and expanding; writing is not measured""",
        Format.count(preview.parameters()),
        Format.count(preview.newParameters()),
        preview.logitScale(),
        Format.bytes(preview.bytes()),
        Format.bytes(preview.newBytes()),
        Format.duration(Duration.ofSeconds(Math.round(Math.ceil(preview.seconds())))),
        Format.bytes(Math.round(preview.bytesPerSecond())));
  }
}
