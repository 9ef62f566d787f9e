package dev.sparkling.cli;

import dev.sparkling.pipeline.error.UserError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "prepare",
    description = {
      "Turns text into token shards: OUTPUT/train and OUTPUT/validation.",
      "Text, JSON lines (.jsonl, .ndjson), both also as .gz or .zst, Parquet, folders of all of these,",
      "and zips and sources jars of text and JSON lines; Java sources lose their license header."
    },
    mixinStandardHelpOptions = true)
final class DataPrepareCommand implements Callable<Integer> {

  @Option(
      names = "--input",
      paramLabel = "PATH",
      description = "A file, folder, zip or jar; may be given many times.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      description =
          "Field of JSON lines, or column of Parquet, that is the document; dots lead into JSON's"
              + " objects (default: ${DEFAULT-VALUE}).",
      defaultValue = DataPreparer.TEXT_FIELD)
  private String textField = DataPreparer.TEXT_FIELD;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = "Instead of --input and --tokenizer: a pinned list of sources jars.")
  private @Nullable Path recipe;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "Any Hugging Face tokenizer.json.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--separator",
      paramLabel = "TOKEN",
      description = "The token that ends a document (default: ${DEFAULT-VALUE}).",
      defaultValue = DataPreparer.SEPARATOR)
  private String separator = DataPreparer.SEPARATOR;

  @Option(
      names = "--validation-fraction",
      paramLabel = "SHARE",
      description = "Share of the documents to hold out (default: ${DEFAULT-VALUE}).",
      defaultValue = "0.01")
  private double validationFraction;

  @Option(
      names = "--output",
      paramLabel = "URI",
      required = true,
      description = "Where to write: s3://bucket/prefix, file:path or a path.")
  private String output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    DataPreparer preparer = new DataPreparer(out, () -> false);
    if (recipe != null) {
      if (!inputs.isEmpty() || tokenizer != null) {
        throw new UserError("--recipe: cannot be used with --input or --tokenizer; it names both");
      }
      preparer.prepare(recipe, output + "/train", output + "/validation");
      return 0;
    }
    if (inputs.isEmpty() || tokenizer == null) {
      throw new UserError("--input: is missing; --input and --tokenizer, or --recipe, are needed");
    }
    if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new UserError("--validation-fraction: " + validationFraction + " is outside of 0 to 1");
    }
    preparer.prepare(
        inputs,
        tokenizer,
        separator,
        textField,
        validationFraction,
        output + "/train",
        output + "/validation");
    return 0;
  }
}
