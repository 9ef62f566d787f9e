package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.HuggingFaceExport;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description = "Writes a checkpoint's weights as Hugging Face's transformers loads them.",
    sortOptions = false,
    sortSynopsis = false,
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

  @Option(
      names = "--from",
      paramLabel = "URI",
      required = true,
      description = "The checkpoint to export.")
  private String from;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "Where to write the folder: a new or empty one.")
  private String to;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Arguments.Located source = Arguments.locate("--from", from);
        Arguments.Located target = Arguments.locate("--to", to)) {
      ExpansionTarget.check(from, to, target);
      Arguments.fromTo(
          target,
          () -> {
            CheckpointReader reader = CheckpointReader.openAny(source.store(), source.folder());
            HuggingFaceExport.export(reader, target.store(), target.folder());
            return true;
          });
    }
    out.println("written to " + to + "; transformers' from_pretrained loads it");
    return 0;
  }
}
