package dev.sparkling.worker.expand;

import dev.sparkling.expander.run.ExpansionPreview;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ModelChange;
import dev.sparkling.worker.text.Format;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Summarizes an expansion in a few lines, with its warnings. */
public final class ExpansionText {

  private ExpansionText() {}

  /** Returns the summary of a completed expansion. */
  public static List<String> lines(ExpansionReport report) {
    ModelChange model = report.model();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "expansion: hidden %d to %d, inner %d to %d, %s to %s parameters",
            model.widths().hiddenSize(),
            model.newWidths().hiddenSize(),
            model.widths().innerSize(),
            model.newWidths().innerSize(),
            Format.count(model.parameters()),
            Format.count(model.newParameters())));
    report.warnings().forEach(warning -> lines.add("warning: " + warning));
    return lines;
  }

  /** Returns the summary of a dry run. */
  static List<String> lines(ExpansionPreview preview) {
    ModelChange model = preview.model();
    List<String> lines = new ArrayList<>();
    lines.add(
        "parameters  %s to %s, logits times %s"
            .formatted(
                Format.count(model.parameters()),
                Format.count(model.newParameters()),
                model.logitScale()));
    lines.add(
        "bytes       %s to read, %s to write"
            .formatted(Format.bytes(preview.bytes()), Format.bytes(preview.newBytes())));
    lines.add(
        "time        %s at %s/s for reading and expanding; writing is not measured"
            .formatted(
                Format.duration(Duration.ofSeconds(Math.round(Math.ceil(preview.seconds())))),
                Format.bytes(Math.round(preview.bytesPerSecond()))));
    preview.warnings().forEach(warning -> lines.add("warning: " + warning));
    return lines;
  }
}
