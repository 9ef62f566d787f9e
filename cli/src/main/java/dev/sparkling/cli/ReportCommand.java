package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.cli.report.RunReport;
import dev.sparkling.pipeline.layout.RunLayout;
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
      "Draws a run as one page of HTML that needs nothing else: losses, learning rates of each",
      "block, the residual stream and the matrices across each expansion, FLOPs saved.",
    },
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "URI",
      description = "The run's folder: spec.storage.uri, or what --store named.")
  private String uri;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "Where to write the page; into the run's folder, as report.html, if left out.")
  private @Nullable Path to;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    try (ObjectStore store = Arguments.open(StoreUri.parse("URI", uri))) {
      byte[] page =
          Arguments.input("URI", () -> RunReport.html(store)).getBytes(StandardCharsets.UTF_8);
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
