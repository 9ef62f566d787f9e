package dev.sparkling.cli.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.worker.run.StoreAccess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "prepare",
    description = {
      "Tokenizes text into two datasets: OUTPUT/train and OUTPUT/validation.",
      "Reads text and JSON lines (.jsonl, .ndjson), each also as .gz or .zst,",
      "Parquet, folders of these, and zips and sources jars.",
      "License headers of Java sources are removed."
    },
    mixinStandardHelpOptions = true)
final class DataPrepareCommand implements Callable<Integer> {

  @Option(
      names = "--input",
      paramLabel = "PATH",
      description = "A file, folder, zip or jar; may be repeated.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      description =
          "Field of JSON lines, or column of Parquet, with the text of a document; a dot separates"
              + " nested fields (default: ${DEFAULT-VALUE}).",
      defaultValue = DataPreparer.TEXT_FIELD)
  private String textField = DataPreparer.TEXT_FIELD;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = "A pinned list of sources jars, instead of --input and --tokenizer.")
  private @Nullable Path recipe;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "A Hugging Face tokenizer.json.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--separator",
      paramLabel = "TOKEN",
      description = "The token that ends a document (default: ${DEFAULT-VALUE}).",
      defaultValue = DataCommand.SEPARATOR)
  private String separator = DataCommand.SEPARATOR;

  @Option(
      names = "--validation-fraction",
      paramLabel = "SHARE",
      description = "Share of documents to hold out for validation (default: ${DEFAULT-VALUE}).",
      defaultValue = "0.01")
  private double validationFraction;

  @Option(
      names = "--output",
      paramLabel = "URI",
      required = true,
      description = "Location of the datasets: s3://BUCKET/PREFIX, file:PATH or a path.")
  private String output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (recipe != null) {
      if (!inputs.isEmpty() || tokenizer != null) {
        throw new UserError(
            "--recipe: cannot be combined with --input or --tokenizer, which the recipe names");
      }
    } else if (inputs.isEmpty() || tokenizer == null) {
      throw new UserError("--input: is missing; give --input and --tokenizer, or --recipe");
    } else if (!(validationFraction > 0 && validationFraction < 1)) {
      throw new UserError("--validation-fraction: " + validationFraction + " is outside of 0 to 1");
    }
    try (ObjectStore training = StoreAccess.open(StoreUri.parse("--output", output + "/train"));
        ObjectStore validation =
            StoreAccess.open(StoreUri.parse("--output", output + "/validation"))) {
      DataPreparer preparer =
          new DataPreparer(training, validation, spec.commandLine().getOut(), () -> false);
      if (recipe != null) {
        preparer.prepareRecipe(recipe);
      } else {
        preparer.prepare(
            new DataPreparer.SourceText(
                inputs,
                Objects.requireNonNull(tokenizer),
                separator,
                textField,
                validationFraction));
      }
    }
    return 0;
  }
}
