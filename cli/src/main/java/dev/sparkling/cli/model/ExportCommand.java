package dev.sparkling.cli.model;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.HuggingFaceExport;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.argument.CheckpointArgument;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description = "Writes a checkpoint's weights in the format of Hugging Face transformers.",
    sortOptions = false,
    sortSynopsis = false,
    mixinStandardHelpOptions = true)
public final class ExportCommand implements Callable<Integer> {

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
      description = "Where to write: a new or empty folder.")
  private String to;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (CheckpointArgument source = CheckpointArgument.openExisting("--from", from);
        CheckpointArgument target = CheckpointArgument.open("--to", to)) {
      target.requireFree(source);
      ArgumentErrors.naming(
          source,
          target,
          () -> {
            CheckpointReader reader = source.reader();
            HuggingFaceExport.export(reader, target.store(), target.at().folder());
            return true;
          });
    }
    out.println("written to " + to + "; load it with from_pretrained");
    return 0;
  }
}
