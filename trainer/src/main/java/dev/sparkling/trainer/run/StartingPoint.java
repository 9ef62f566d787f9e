package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.run.TrainingJob.Start;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The model and state that a stage's training starts or resumes from.
 *
 * @param from origin of the values for display, such as a checkpoint's location
 */
record StartingPoint(ModelConfiguration model, ModelState values, TrainerState state, String from) {

  /**
   * Checks that the checkpoint that the stage starts or resumes from, if there is one, belongs to
   * this run.
   *
   * @throws UserError naming every setting that differs
   */
  static void check(TrainingJob job, RunWriter run, Dataset data) {
    RunIdentity.DataFingerprints now =
        new RunIdentity.DataFingerprints(data.fingerprint(), data.index().tokenizer());
    folder(job, run)
        .ifPresent(
            folder ->
                new RunIdentity(job.spec(), job.plan(), Optional.of(now))
                    .check(run.store(), job.stage(), folder));
  }

  /**
   * Loads the stage's newest checkpoint, or the stage's first weights if it has none.
   *
   * @param newState creates a state of zeros for a model
   */
  static StartingPoint of(
      TrainingJob job,
      RunWriter run,
      Dataset data,
      Function<ModelConfiguration, ModelState> newState) {
    return folder(job, run)
        .map(folder -> load(job, open(job, run, folder), newState))
        .orElseGet(() -> initialize(job, data, newState));
  }

  private static CheckpointReader open(TrainingJob job, RunWriter run, String folder) {
    return run.checkpoints()
        .newest(job.stage().name())
        .map(newest -> newest.open(run.store()))
        .orElseGet(() -> CheckpointReader.open(run.store(), folder));
  }

  private static Optional<String> folder(TrainingJob job, RunWriter run) {
    Optional<FencedCheckpoint> newest = run.checkpoints().newest(job.stage().name());
    if (newest.isPresent()) {
      return newest.map(FencedCheckpoint::folder);
    }
    return switch (job.start()) {
      case Start.RandomWeights _ -> Optional.empty();
      case Start.FromCheckpoint checkpoint -> Optional.of(checkpoint.folder());
    };
  }

  private static StartingPoint initialize(
      TrainingJob job, Dataset data, Function<ModelConfiguration, ModelState> newState) {
    ModelSpec spec = job.stage().model();
    ModelConfiguration model = ModelConfiguration.of(spec, job.training().sequenceLength());
    ModelState values = newState.apply(model);
    values.initialize(job.training().seed());
    TrainerState state =
        new TrainerState(
            0,
            0,
            job.training().seed(),
            job.threads(),
            data.fingerprint(),
            data.index().tokenizer(),
            new Widths(spec.hiddenSize(), spec.innerSize()),
            RunSettings.of(job.spec(), job.plan(), job.stage().index()),
            List.of());
    return new StartingPoint(model, values, state, "random weights, seed " + job.training().seed());
  }

  private static StartingPoint load(
      TrainingJob job, CheckpointReader reader, Function<ModelConfiguration, ModelState> newState) {
    TrainerState state =
        reader
            .state()
            .orElseThrow(
                () ->
                    new UserError(
                        reader.location()
                            + ": holds weights only; training can only resume from a checkpoint"
                            + " with the trainer's state"));
    checkModel(job, reader);
    ModelState values = newState.apply(reader.model());
    for (FileKind kind : FileKind.values()) {
      try (TensorSequence tensors = reader.read(kind)) {
        values.load(tensors, reader.location());
      }
    }
    return new StartingPoint(reader.model(), values, state, reader.location());
  }

  /**
   * Any difference is damage: the settings that the checkpoint records have already been checked.
   */
  private static void checkModel(TrainingJob job, CheckpointReader reader) {
    ModelConfiguration found = reader.model();
    ModelSpec spec = job.stage().model();
    ModelConfiguration planned =
        ModelConfiguration.of(spec, found.maxPositions())
            .widened(spec.hiddenSize(), spec.innerSize(), found.logitScale());
    if (!found.equals(planned)) {
      throw new CorruptCheckpoint(
          reader.location() + ": holds " + found + "; its settings describe " + planned);
    }
  }
}
