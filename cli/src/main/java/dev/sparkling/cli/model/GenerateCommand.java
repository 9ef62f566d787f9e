package dev.sparkling.cli.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.cli.data.DataCommand;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.validation.Problems;
import dev.sparkling.trainer.data.DatasetIndex;
import dev.sparkling.trainer.data.TextTokenizer;
import dev.sparkling.trainer.generate.Continuation;
import dev.sparkling.trainer.generate.Sampler;
import dev.sparkling.trainer.generate.StreamedText;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.run.LoadedModel;
import dev.sparkling.trainer.torch.Torch;
import dev.sparkling.worker.argument.CheckpointArgument;
import dev.sparkling.worker.argument.OutputOption;
import dev.sparkling.worker.run.StoreAccess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "generate",
    description =
        "Continues a text to try out a model. Slow: the model processes the whole text for each token.",
    mixinStandardHelpOptions = true)
public final class GenerateCommand implements Callable<Integer> {

  @Option(
      names = "--checkpoint",
      paramLabel = "URI",
      required = true,
      description = "A checkpoint or a Hugging Face folder.")
  private String checkpoint;

  @ArgGroup(multiplicity = "1")
  private TokenizerSource tokenizerSource;

  /** Source of the tokenizer. */
  static final class TokenizerSource {
    @Option(
        names = "--tokenizer",
        paramLabel = "FILE",
        description = "The tokenizer.json that the model was trained with.")
    private @Nullable Path file;

    @Option(
        names = "--data",
        paramLabel = "URI",
        description = "A dataset that the model was trained on, instead of --tokenizer.")
    private @Nullable String data;

    /** Returns the beginning of a message that ends with the tokenizer's fingerprint. */
    String named() {
      return file == null
          ? "--data: " + data + " was made by tokenizer"
          : "--tokenizer: " + file + " is tokenizer";
    }
  }

  @Option(
      names = "--separator",
      paramLabel = "TOKEN",
      description =
          "The token that ends a document; generation stops there (default: ${DEFAULT-VALUE}).",
      defaultValue = DataCommand.SEPARATOR)
  private String separator = DataCommand.SEPARATOR;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "The text to continue.")
  private String prompt;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Maximum number of new tokens (default: ${DEFAULT-VALUE}).",
      defaultValue = "64")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "0 always chooses the most likely token; 1 samples from the model's distribution (default:"
              + " ${DEFAULT-VALUE}).",
      defaultValue = "0")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Sample from the smallest set of tokens whose probabilities add up to P (default:"
              + " ${DEFAULT-VALUE}).",
      defaultValue = "1")
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed for sampling (default: ${DEFAULT-VALUE}).",
      defaultValue = "1")
  private long seed;

  @Mixin private ComputeOptions compute;

  @Mixin private OutputOption output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    checkOptions();
    try (CheckpointArgument source = CheckpointArgument.openExisting("--checkpoint", checkpoint);
        TextTokenizer tokenizer = tokenizer()) {
      Torch torch = compute.start();
      CheckpointReader reader = source.reader();
      ModelWeights.checkTokenizer(reader, tokenizerSource.named(), tokenizer.fingerprint());
      long[] tokens = promptTokens(tokenizer, reader);
      int positions =
          (int) Math.min(reader.model().maxPositions(), tokens.length + (long) maxTokens);
      try (LoadedModel model =
          ModelWeights.load(source, reader, positions, tokenizer.separator(), torch)) {
        generate(model.transformer(), tokenizer, tokens, positions);
      }
    }
    return 0;
  }

  private void generate(
      Transformer transformer, TextTokenizer tokenizer, long[] tokens, int positions) {
    PrintWriter out = spec.commandLine().getOut();
    boolean json = output.isJson();
    if (!json) {
      out.print(prompt);
    }
    StreamedText text =
        new StreamedText(
            tokens,
            tokenizer::decode,
            piece -> {
              if (!json) {
                out.print(piece);
                out.flush();
              }
            });
    Continuation done =
        Continuation.of(
            transformer,
            tokens,
            new Continuation.GenerationLimits(
                maxTokens, positions, tokenizer.vocabularySize(), tokenizer.separator()),
            new Sampler(temperature, topP, seed),
            text::add);
    String written = text.end();
    if (json) {
      ObjectNode result = new ObjectMapper().createObjectNode();
      result.put("prompt", prompt);
      result.put("text", written);
      result.put("newTokens", done.tokens().length - tokens.length);
      result.put("end", done.end().name().toLowerCase(Locale.ROOT));
      out.println(result);
    } else {
      out.println();
    }
    out.flush();
  }

  private void checkOptions() {
    Problems problems = new Problems();
    problems.require(!prompt.isEmpty(), "--prompt", "is empty; text to continue is needed");
    problems.require(maxTokens >= 1, "--max-tokens", maxTokens + " is not 1 or more");
    problems.require(
        temperature >= 0 && Double.isFinite(temperature),
        "--temperature",
        temperature + " is not 0 or more");
    problems.require(topP > 0 && topP <= 1, "--top-p", topP + " is not above 0 and at most 1");
    problems.throwIfAny();
  }

  private TextTokenizer tokenizer() {
    Path file = tokenizerSource.file;
    String data = tokenizerSource.data;
    if (file != null) {
      return TextTokenizer.open(file, separator);
    }
    Objects.requireNonNull(data, "one of the two is required");
    try (ObjectStore store = StoreAccess.open(StoreUri.parse("--data", data))) {
      String location = store.location(DatasetIndex.TOKENIZER);
      byte[] json =
          store
              .find(DatasetIndex.TOKENIZER)
              .map(store::readAll)
              .orElseThrow(
                  () ->
                      new UserError(
                          "--data: "
                              + location
                              + " does not exist; a dataset of 'sparkling data prepare' has one"));
      return TextTokenizer.open(json, location, separator);
    }
  }

  private long[] promptTokens(TextTokenizer tokenizer, CheckpointReader reader) {
    long[] tokens = tokenizer.encode(List.of(prompt)).getFirst();
    int positions = reader.model().maxPositions();
    if (tokens.length >= positions) {
      throw new UserError(
          "--prompt: has %d tokens; at most %d are allowed, one less than the model's positions"
              .formatted(tokens.length, positions - 1));
    }
    for (long token : tokens) {
      if (token >= reader.model().vocabularySize()) {
        throw new UserError(
            "--prompt: has token %d; the model's vocabulary ends with %d"
                .formatted(token, reader.model().vocabularySize() - 1));
      }
    }
    return tokens;
  }
}
