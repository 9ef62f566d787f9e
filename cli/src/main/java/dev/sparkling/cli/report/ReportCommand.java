package dev.sparkling.cli.report;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.run.StoreAccess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "report",
    description = {
      "Writes a run as one self-contained HTML page.",
      "It shows losses, the learning rate of each block, the FLOPs saved, and the",
      "residual stream and matrices before and after each expansion.",
    },
    mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "URI",
      description = "Location of the run: spec.storage.uri, or the --store it was started with.")
  private String uri;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "Where to write the page (default: report.html in the run's folder).")
  private @Nullable Path to;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    try (ObjectStore store = StoreAccess.open(StoreUri.parse("URI", uri))) {
      byte[] page =
          ArgumentErrors.naming("URI", () -> RunReport.html(store))
              .getBytes(StandardCharsets.UTF_8);
      spec.commandLine().getOut().println("written to " + write(page, store));
    }
    return 0;
  }

  private String write(byte[] page, ObjectStore store) {
    if (to == null) {
      store.write(RunLayout.REPORT, page);
      return store.location(RunLayout.REPORT);
    }
    try {
      Files.write(to, page);
    } catch (IOException e) {
      throw FileErrors.translate(to, e);
    }
    return to.toString();
  }
}
