package dev.sparkling.cli.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.cli.data.DataCache;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.validation.Problems;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.run.EvaluationResult;
import dev.sparkling.trainer.run.Evaluator;
import dev.sparkling.trainer.run.LoadedModel;
import dev.sparkling.trainer.torch.Torch;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.argument.CheckpointArgument;
import dev.sparkling.worker.run.StoreAccess;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "evaluate",
    description = "Measures the loss of a checkpoint on a dataset; prints it as JSON.",
    mixinStandardHelpOptions = true)
public final class EvaluateCommand implements Callable<Integer> {

  /**
   * Maximum default of {@code --sequence-length}, because a batch of the longest sequences of a
   * released model may need too much memory.
   */
  private static final int MAX_DEFAULT_LENGTH = 4096;

  @Option(
      names = "--checkpoint",
      paramLabel = "URI",
      required = true,
      description = "A checkpoint or a Hugging Face folder.")
  private String checkpoint;

  @Option(
      names = "--data",
      paramLabel = "URI",
      required = true,
      description = "A dataset written by 'sparkling data prepare'.")
  private String data;

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description = "Tokens per sequence (default: the model's maximum, at most 4096).")
  private @Nullable Integer sequenceLength;

  @Option(
      names = "--sequences",
      paramLabel = "N",
      description =
          "Number of sequences, starting from the first of the dataset (default: ${DEFAULT-VALUE}).",
      defaultValue = "512")
  private int sequences;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Sequences per batch (default: ${DEFAULT-VALUE}).",
      defaultValue = "8")
  private int batchSize;

  @Mixin private ComputeOptions compute;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Problems problems = new Problems();
    between("--sequence-length", sequenceLength, Limits.SEQUENCE_LENGTH, problems);
    between("--sequences", sequences, Integer.MAX_VALUE, problems);
    between("--batch-size", batchSize, Limits.BATCH, problems);
    problems.throwIfAny();
    try (CheckpointArgument source = CheckpointArgument.openExisting("--checkpoint", checkpoint);
        ObjectStore dataStore = StoreAccess.open(StoreUri.parse("--data", data));
        Dataset dataset =
            ArgumentErrors.naming("--data", () -> Dataset.open(dataStore, DataCache.folder()))) {
      Torch torch = compute.start();
      CheckpointReader reader = source.reader();
      ModelWeights.checkTokenizer(
          reader, "--data: " + data + " was made by tokenizer", dataset.index().tokenizer());
      int longest = Math.min(reader.model().maxPositions(), MAX_DEFAULT_LENGTH);
      int length = sequenceLength == null ? longest : sequenceLength;
      Batches batches = new Batches(dataset, length, reader.model().vocabularySize(), "--data");
      long count = Math.min(sequences, dataset.sequences(length));
      try (LoadedModel model =
          ModelWeights.load(source, reader, length, dataset.index().separator(), torch)) {
        EvaluationResult result =
            new Evaluator(model.transformer(), batches, count, batchSize).evaluate();
        print(result.loss(), count * length, dataset);
      }
    }
    return 0;
  }

  private static void between(String name, @Nullable Integer value, int max, Problems problems) {
    problems.require(
        value == null || (value >= 1 && value <= max), name, value + " is outside of 1 to " + max);
  }

  private void print(double loss, long tokens, Dataset dataset) {
    double bytesPerToken = (double) dataset.index().utf8Bytes() / dataset.index().tokens();
    ObjectNode result = new ObjectMapper().createObjectNode();
    result.put("loss", loss);
    result.put("bitsPerByte", loss / Math.log(2) / bytesPerToken);
    result.put("tokens", tokens);
    result.put("unigramEntropy", dataset.index().unigramEntropy());
    PrintWriter out = spec.commandLine().getOut();
    out.println(result);
    out.flush();
  }
}
