package dev.sparkling.cli;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.FencedStage;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.validation.SpecReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A tiny run in a folder: some text, a dataset, a resource file. Narrow for 12 steps, then 12 steps
 * twice as wide in both axes.
 */
public record TinyRun(Path folder) {

  public static final Path TOKENIZER =
      Path.of("../examples/java-sources/tokenizer.json").toAbsolutePath().normalize();

  /** Writes the text and prepares the dataset. */
  public static TinyRun prepare(Path folder) {
    TinyRun run = new TinyRun(folder);
    run.writeTexts();
    Cli.Result result = Cli.run(run.preparation(run.data()));
    if (result.exitCode() != 0) {
      throw new AssertionError(result.err());
    }
    return run;
  }

  /** The arguments of the command that prepares the dataset from the texts. */
  public Object[] preparation(Object output) {
    return new Object[] {
      "data",
      "prepare",
      "--input",
      texts(),
      "--tokenizer",
      TOKENIZER,
      "--validation-fraction",
      "0.2",
      "--output",
      output
    };
  }

  /** The environment of a process that works in a bucket. */
  public Map<String, String> environment(S3Access access) {
    return Map.of(
        S3Access.ENDPOINT,
        access.endpoint(),
        S3Access.ACCESS_KEY,
        access.accessKey(),
        S3Access.SECRET_KEY,
        access.secretKey(),
        "XDG_CACHE_HOME",
        folder.resolve("cache").toString());
  }

  public Path texts() {
    return folder.resolve("texts");
  }

  public Path data() {
    return folder.resolve("data");
  }

  public Path store() {
    return folder.resolve("run");
  }

  /** The folder of a checkpoint, or one without an epoch if the run has no such checkpoint. */
  public Path checkpoint(String stage, int step) {
    return store()
        .resolve(
            checkpoints()
                .at(stage, step)
                .map(FencedCheckpoint::folder)
                .orElse(RunLayout.checkpoint(stage, step)));
  }

  /** The folder of the expansion, or one without an epoch if the run has none. */
  public Path expansion() {
    return store()
        .resolve(
            checkpoints()
                .expansion("wide")
                .map(FencedCheckpoint::folder)
                .orElse(RunLayout.expansion("wide")));
  }

  /** The folder of the unfinished expansion. */
  public Optional<Path> expanding() {
    return Optional.ofNullable(checkpoints().stages().get("wide"))
        .map(FencedStage::expanding)
        .filter(folder -> !folder.isEmpty())
        .map(store()::resolve);
  }

  private RunCheckpoints checkpoints() {
    return RunCheckpoints.read(new FolderObjectStore(store()));
  }

  public void writeTexts() {
    try {
      Files.createDirectories(texts());
      for (int i = 0; i < 60; i++) {
        Files.writeString(
            texts().resolve("File" + i + ".java"),
            "package a;\n\npublic final class File%d {\n  private int number = %d;\n}\n"
                .formatted(i, i * 31)
                .repeat(3));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the resource with replacements: a text, what to replace it with, the next text, ... */
  public Path resource(String... replacements) {
    String yaml =
        """
        apiVersion: sparkling.dev/v1alpha1
        kind: ProgressiveTraining
        metadata: {name: tiny}
        spec:
          model: {architecture: moe, vocabularySize: 2048, layers: 2, hiddenSize: 16, innerSize: 8,
            attentionHeads: 2, keyValueHeads: 1, headDim: 8, experts: 4, expertsPerToken: 2}
          data: {uri: "DATA/train", validationUri: "DATA/validation"}
          training:
            sequenceLength: 32
            globalBatchSize: 8
            learningRate: {peak: 1.0e-2, warmupFraction: 0.1}
            checkpoints: {everySteps: 4, keepLast: 2}
            evaluation: {everySteps: 4, sequences: 8}
          stages:
            - {name: narrow, tokens: 3072}
            - name: wide
              tokens: 3072
              expansion: {hiddenSize: 32, innerSize: 16, rewarmup: {steps: 3}}
          trainer: {threads: 2}
          storage: {uri: "STORE"}
        """
            .replace("DATA", data().toString())
            .replace("STORE", store().toString());
    for (int i = 0; i < replacements.length; i += 2) {
      if (!yaml.contains(replacements[i])) {
        throw new AssertionError("no '" + replacements[i] + "' in the resource");
      }
      yaml = yaml.replace(replacements[i], replacements[i + 1]);
    }
    try {
      return Files.writeString(folder.resolve("tiny.yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a job document with the spec as the resource has it, defaults left out. The stage is
   * empty for work on the whole run.
   */
  public Path job(Work work, String stage, Path resource) {
    try {
      String text = Files.readString(resource);
      ProgressiveTraining read = SpecReader.read(text, resource.toString());
      return Files.writeString(
          folder.resolve("job.json"),
          JobJson.encode(
              new JobDocument(
                  JobDocument.VERSION, work, read.metadata().name(), stage, read.spec()),
              new YAMLMapper().readTree(text).path("spec")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The result of a worker, from the file that {@code --result} named. */
  public static JobResult result(Path file) {
    try {
      return JobJson.decodeResult(Files.readString(file)).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
