package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every bad input is one line with the name, the value and what is allowed, and exit code 2. */
class BadInputTest {

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          sequenceLength: 32  | sequenceLenght: 32  | spec.training.sequenceLenght: unknown key; did you mean sequenceLength?
          {hiddenSize: 32     | {hiddenSize: 12     | spec.stages[1].expansion.hiddenSize: 12 is smaller than stage 0's 16; a stage may only widen
          keyValueHeads: 1    | keyValueHeads: 3    | spec.model.keyValueHeads: 3 does not divide attentionHeads 2; every key/value head serves the same number of query heads
          headDim: 8          | headDim: 7          | spec.model.headDim: 7 is odd; rotary embedding rotates pairs of channels, so it must be even
          """)
  void wrongResourceIsNamedAndNothingIsStarted(String good, String bad, String problem) {
    Cli.Result result = Cli.run("run", tiny.resource(good, bad));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines()).containsExactly(problem);
    assertThat(result.out()).isEmpty();
    assertThat(tiny.store()).doesNotExist();
  }

  @Test
  void missingFilesAreNamed() {
    assertProblem(
        Cli.run("run", folder.resolve("none.yaml")),
        folder.resolve("none.yaml") + ": does not exist; a file is expected");
    assertProblem(
        Cli.run("run", tiny.resource("/train", "/nowhere")),
        tiny.data().resolve("nowhere/dataset.json")
            + ": does not exist; a dataset that 'sparkling data prepare' wrote is expected there");
    assertThat(tiny.store()).doesNotExist();
    assertProblem(
        Cli.run(
            "data",
            "prepare",
            "--input",
            tiny.texts(),
            "--tokenizer",
            folder.resolve("none.json"),
            "--output",
            folder.resolve("out")),
        folder.resolve("none.json") + ": does not exist; a file is expected");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void truncatedAndInconsistentSafetensorsFilesAreNamed() throws IOException {
    byte[] json =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,8]}}"
            .getBytes(StandardCharsets.UTF_8);
    Path lying = folder.resolve("lying.safetensors");
    Files.write(
        lying,
        ByteBuffer.allocate(8 + json.length + 8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .array());
    assertProblem(
        Cli.run("inspect", lying),
        "URI " + lying + ": a: data_offsets span 8 bytes; F32 [9] needs 36");
    Path truncated = folder.resolve("truncated.safetensors");
    Files.write(truncated, Arrays.copyOf(Files.readAllBytes(lying), 30));
    assertProblem(
        Cli.run("inspect", truncated),
        "URI "
            + truncated
            + ": offset 0: header length "
            + json.length
            + " goes beyond the file's 30 bytes; the file is truncated or not a safetensors file");
  }

  @Test
  void checkpointWithoutManifestIsNamedAndNotExpanded() throws IOException {
    Path checkpoint = trainNarrow();
    Files.delete(checkpoint.resolve("manifest.json"));
    assertProblem(
        expand(checkpoint),
        "--from "
            + checkpoint
            + ": has no manifest.json, so it is not a complete checkpoint; pass the folder of a complete checkpoint,"
            + " such as RUN/STAGE/checkpoints/step-00001000");
    assertThat(folder.resolve("widened")).doesNotExist();
  }

  @Test
  void checkpointWithAWrongDigestIsNamedByEveryCommandThatReadsIt() throws IOException {
    Path checkpoint = trainNarrow();
    Path file = checkpoint.resolve("model-00001-of-00001.safetensors");
    flipLastBit(file);
    for (Cli.Result result :
        List.of(
            expand(checkpoint),
            Cli.run("inspect", "--verify", checkpoint),
            Cli.run(
                "evaluate", "--checkpoint", checkpoint, "--data", tiny.data().resolve("train")))) {
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.errorLines())
          .singleElement()
          .asString()
          .matches("(--from|URI|--checkpoint) " + file + ": SHA-256 is .*; the manifest says .*");
    }
    assertThat(folder.resolve("widened/manifest.json")).doesNotExist();
  }

  /** Damage in a run's own store is not a wrong argument: exit code 3, and the evidence is kept. */
  @Test
  void damagedCheckpointOfTheRunItselfIsCorrupt() throws IOException {
    Path checkpoint = trainNarrow();
    flipLastBit(checkpoint.resolve("optimizer-00001-of-00001.safetensors"));
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.errorLines())
        .singleElement()
        .asString()
        .startsWith(checkpoint.resolve("optimizer-00001-of-00001.safetensors") + ": SHA-256 is ");
    assertThat(checkpoint.resolve("manifest.json")).exists();
    Path expansion = tiny.expanding().orElseThrow();
    assertThat(expansion.resolve("manifest.json")).doesNotExist();
    assertThat(expansion.resolve("expansion-unfinished.json"))
        .content()
        .contains("rejected: " + checkpoint);
  }

  @Test
  void shardsOfAnotherTokenizerAreNamed() throws IOException {
    Path checkpoint = trainNarrow();
    Path other = folder.resolve("other.json");
    Files.writeString(other, Files.readString(TinyRun.TOKENIZER) + "\n");
    Cli.run(
        "data",
        "prepare",
        "--input",
        tiny.texts(),
        "--tokenizer",
        other,
        "--validation-fraction",
        "0.2",
        "--output",
        folder.resolve("others"));
    Cli.Result evaluate =
        Cli.run(
            "evaluate", "--checkpoint", checkpoint, "--data", folder.resolve("others/validation"));
    assertThat(evaluate.exitCode()).isEqualTo(2);
    assertThat(evaluate.errorLines())
        .singleElement()
        .asString()
        .matches(
            "--data: .*others/validation was made by tokenizer .*; the checkpoint was trained"
                + " with tokenizer .*");
    Path file =
        tiny.resource(
            tiny.data() + "/train",
            folder + "/others/train",
            tiny.data() + "/validation",
            folder + "/others/validation");
    Cli.Result run = Cli.run("run", file);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.errorLines())
        .singleElement()
        .asString()
        .startsWith("spec.data.uri: was made by tokenizer ");
  }

  @Test
  void vocabularySmallerThanTheTokenizersIsNamed() {
    assertProblem(
        Cli.run("run", tiny.resource("vocabularySize: 2048", "vocabularySize: 1000")),
        "spec.data.uri: its tokenizer has 2048 tokens; the model's vocabulary has 1000"
            + " and must have at least as many");
  }

  @Test
  void widthsThatDoNotGrowAreNamed() {
    Path checkpoint = trainNarrow();
    assertProblem(
        Cli.run("expand", "--from", checkpoint, "--to", folder.resolve("w"), "--hidden-size", 8),
        "--hidden-size: 8 is smaller than the checkpoint's 16; it may only grow");
  }

  @Test
  void expansionIsNotWrittenOverACheckpoint() {
    Path checkpoint = trainNarrow();
    assertProblem(
        Cli.run("expand", "--from", checkpoint, "--to", checkpoint, "--hidden-size", 32),
        "--to: " + checkpoint + " already holds a checkpoint; name a new or empty folder");
  }

  @Test
  void unknownStageIsNamedWithTheKnownOnes() {
    Path file = tiny.resource();
    assertProblem(
        Cli.run("train", file, "--stage", "wider"),
        "--stage: 'wider' is not a stage of " + file + "; allowed: narrow, wide");
    assertProblem(
        Cli.run("train", file, "--stage", "wide"),
        tiny.store() + ": has no complete expansion into stage wide; run 'sparkling expand' first");
  }

  @Test
  void wrongOptionIsReportedInOneLineWithWhatIsAllowed() {
    Cli.Result result = Cli.run("expand", "--initialization", "copy-past");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines().getFirst())
        .contains("'copy-past' is not one of copy-copy, zero-copy, random-copy, random-zero");
    assertThat(Cli.run("evaluate").errorLines().getFirst())
        .isEqualTo("Missing required options: '--checkpoint=URI', '--data=URI'");
    assertThat(Cli.run("rum").exitCode()).isEqualTo(2);
    assertThat(Cli.run("rum").err()).contains("Did you mean: sparkling run");
  }

  @Test
  void aGpuThatThisLibtorchCannotUseIsRefused() {
    assertProblem(
        Cli.run("run", tiny.resource(), "--device", "cuda"),
        "--device cuda: this libtorch 2.7.1 is built without CUDA; allowed here: auto, cpu");
    assertThat(tiny.store().resolve("narrow")).doesNotExist();
    assertThat(Cli.run("run", tiny.resource(), "--device", "gpu").errorLines().getFirst())
        .contains("--device", "'gpu'", "auto, cpu, cuda");
  }

  @Test
  void countsBeyondTheMachineAreNamed() {
    Path checkpoint = trainNarrow();
    Path data = tiny.data().resolve("validation");
    int cores = Runtime.getRuntime().availableProcessors();
    assertProblem(
        Cli.run(
            "evaluate",
            "--checkpoint",
            checkpoint,
            "--data",
            data,
            "--sequence-length",
            0,
            "--sequences",
            -1,
            "--batch-size",
            0),
        "--sequence-length: 0 is outside of 1 to 16777216",
        "--sequences: -1 is outside of 1 to 2147483647",
        "--batch-size: 0 is outside of 1 to 16777216");
    for (int threads : new int[] {0, 100_000}) {
      assertProblem(
          Cli.run("evaluate", "--checkpoint", checkpoint, "--data", data, "--threads", threads),
          "--threads: %d is outside of 1 to %d, 4 for each of this machine's %d cores"
              .formatted(threads, 4 * cores, cores));
    }
    assertProblem(
        Cli.run("run", tiny.resource("threads: 2", "threads: 1000")),
        "spec.trainer.threads: 1000 is outside of 1 to %d, 4 for each of this machine's %d cores"
            .formatted(4 * cores, cores));
    assertProblem(
        Cli.run(
            "expand",
            "--from",
            checkpoint,
            "--to",
            folder.resolve("w"),
            "--hidden-size",
            2147483647,
            "--rewarmup-ratio",
            "Infinity"),
        "--hidden-size: 2147483647 is outside of 1 to 262144; leave it out to keep the width",
        "--rewarmup-ratio: Infinity is not a finite number above 0");
  }

  @Test
  void singleFileHasNothingToVerifyAndIsShownAsJson() {
    Path file = trainNarrow().resolve("model-00001-of-00001.safetensors");
    assertProblem(
        Cli.run("inspect", "--verify", file),
        "--verify: "
            + file
            + " is a single file, which has no manifest to compare with; name a checkpoint's"
            + " folder");
    Cli.Result json = Cli.run("inspect", "--output", "json", file);
    assertThat(json.err()).isEmpty();
    assertThat(json.out()).contains("\"name\" : \"model.embed_tokens.weight\"");
  }

  @Test
  void objectStoreWithoutCredentialsNamesEveryVariable() {
    Cli.Result result = Cli.run("inspect", "s3://bucket/run/narrow/checkpoints/step-00000001");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "environment AWS_ENDPOINT_URL: is missing; an s3:// location needs it",
            "environment AWS_ACCESS_KEY_ID: is missing; an s3:// location needs it",
            "environment AWS_SECRET_ACCESS_KEY: is missing; an s3:// location needs it");
  }

  private Path trainNarrow() {
    Cli.Result result = Cli.run("train", tiny.resource(), "--stage", "narrow");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return tiny.checkpoint("narrow", 12);
  }

  private Cli.Result expand(Path checkpoint) {
    return Cli.run(
        "expand", "--from", checkpoint, "--to", folder.resolve("widened"), "--hidden-size", 32);
  }

  private static void assertProblem(Cli.Result result, String... problems) {
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines()).containsExactly(problems);
  }

  private static void flipLastBit(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }
}
