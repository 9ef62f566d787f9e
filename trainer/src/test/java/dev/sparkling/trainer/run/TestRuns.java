package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.FencedStage;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.validation.SpecReader;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.DatasetPreparation;
import dev.sparkling.trainer.data.TextTokenizer;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A tiny run on a little text: 8 narrow steps, then 8 steps twice as wide in both axes. */
final class TestRuns implements AutoCloseable {

  static final Path TOKENIZER = Path.of("../examples/java-sources/tokenizer.json");

  private static final String YAML =
      """
      apiVersion: sparkling.dev/v1alpha1
      kind: ProgressiveTraining
      metadata: {name: tiny}
      spec:
        model: {architecture: moe, vocabularySize: 2048, layers: 2, hiddenSize: 16, innerSize: 8,
          attentionHeads: 2, keyValueHeads: 1, headDim: 8, experts: 4, expertsPerToken: 2}
        data: {uri: train, validationUri: validation}
        training:
          sequenceLength: 32
          globalBatchSize: 8
          microBatchSize: 4
          learningRate: {peak: 1.0e-2, warmupFraction: 0.1}
          checkpoints: {everySteps: 3, keepLast: 2}
          evaluation: {everySteps: 4, sequences: 8}
        stages:
          - {name: narrow, tokens: 2048}
          - name: wide
            tokens: 2048
            expansion: {hiddenSize: 32, innerSize: 16, rewarmup: {steps: 3}}
        storage: {uri: run}
      """;

  static final String EVALUATION = "evaluation: {everySteps: 4, sequences: 8}";

  static final ProgressiveTraining RESOURCE = resource("");

  static final RunPlan PLAN = RunPlan.of(RESOURCE.spec());
  static final StagePlan NARROW = PLAN.stage("narrow");
  static final StagePlan WIDE = PLAN.stage("wide");

  final Dataset training;
  final Dataset validation;

  private TestRuns(Dataset training, Dataset validation) {
    this.training = training;
    this.validation = validation;
  }

  /**
   * The run with another setting of the training.
   *
   * @param settings a line of YAML, such as {@code precision: bf16}
   */
  static ProgressiveTraining resource(String settings) {
    return resource(settings, "peak: 1.0e-2", EVALUATION);
  }

  /**
   * The run with other settings.
   *
   * @param settings another line of the training's settings
   * @param peak instead of {@code peak: 1.0e-2}
   * @param evaluation instead of {@link #EVALUATION}
   */
  static ProgressiveTraining resource(String settings, String peak, String evaluation) {
    String yaml =
        YAML.replace("  training:\n", "  training:\n    " + settings + "\n")
            .replace("peak: 1.0e-2", peak)
            .replace(EVALUATION, evaluation);
    return SpecReader.read(yaml, "tiny.yaml");
  }

  static TestRuns prepare(Path folder) throws IOException {
    return prepare(folder, TOKENIZER, 0.2);
  }

  /** Prepares the same texts with another tokenizer and another share held out. */
  static TestRuns prepare(Path folder, Path tokenizerFile, double validationFraction)
      throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));
    for (int i = 0; i < 60; i++) {
      Files.writeString(
          texts.resolve("File" + i + ".java"),
          "package a;\n\npublic final class File%d {\n  private int number = %d;\n}\n"
              .formatted(i, i * 31)
              .repeat(3));
    }
    ObjectStore training = new FolderObjectStore(folder.resolve("train"));
    ObjectStore validation = new FolderObjectStore(folder.resolve("validation"));
    try (TextTokenizer tokenizer = TextTokenizer.open(tokenizerFile, "<|endoftext|>");
        DatasetPreparation preparation =
            new DatasetPreparation(tokenizer, validationFraction, training, validation)) {
      preparation.run(List.of(texts), "text", _ -> {});
    }
    Path cache = folder.resolve("cache");
    return new TestRuns(Dataset.open(training, cache), Dataset.open(validation, cache));
  }

  /** Trains a stage with two threads; returns the newest checkpoint's step. */
  long train(StagePlan stage, ObjectStore store, BooleanSupplier stop) {
    return train(RESOURCE, stage.name(), store, stop);
  }

  long train(
      ProgressiveTraining resource, String stageName, ObjectStore store, BooleanSupplier stop) {
    RunPlan plan = RunPlan.of(resource.spec());
    StagePlan stage = plan.stage(stageName);
    Start start =
        stage.expansion() == null
            ? new Start.RandomWeights()
            : new Start.FromCheckpoint("wide/expansion");
    return TrainingRun.run(
        new TrainingJob(resource.spec(), plan, stage, start, 2, Device.CPU),
        RunWriter.begin(store, RunOwner.ofFolder()),
        training,
        validation,
        new TrainingListener() {},
        stop);
  }

  /** The folder of a checkpoint. */
  static String folder(ObjectStore store, String stage, long step) {
    return RunCheckpoints.read(store).at(stage, step).orElseThrow().folder();
  }

  /** The steps of a stage's checkpoints. */
  static List<Long> steps(ObjectStore store, String stage) {
    return RunCheckpoints.read(store)
        .stages()
        .getOrDefault(stage, new FencedStage("", List.of(), List.of()))
        .checkpoints()
        .stream()
        .map(FencedCheckpoint::step)
        .toList();
  }

  /** All objects except the fence, whose epoch each start raises. */
  static List<StoredObject> objects(ObjectStore store) {
    return store.list("").stream().filter(object -> !object.key().equals(RunLayout.FENCE)).toList();
  }

  @Override
  public void close() {
    training.close();
    validation.close();
  }
}
