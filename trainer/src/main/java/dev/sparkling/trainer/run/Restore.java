package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.model.ModelState;
import dev.sparkling.trainer.run.TrainingJob.Start;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a training goes on from.
 *
 * @param from where the values are from, for people
 */
record Restore(ModelConfiguration model, ModelState values, TrainerState state, String from) {

  /**
   * Checks that what the stage goes on from, or has completed, belongs to this run.
   *
   * @throws UserError naming every setting that differs
   */
  static void check(TrainingJob job, ObjectStore store, Dataset data) {
    RunIdentity.DataFingerprints now =
        new RunIdentity.DataFingerprints(data.fingerprint(), data.index().tokenizer());
    folder(job, store)
        .ifPresent(
            folder ->
                new RunIdentity(job.spec(), job.plan(), Optional.of(now))
                    .check(store, job.stage(), folder));
  }

  /**
   * Takes the stage's newest checkpoint, or else its start.
   *
   * @param manager owns the values
   */
  static Restore of(TrainingJob job, ObjectStore store, Dataset data, NDManager manager) {
    return folder(job, store)
        .map(folder -> load(job, CheckpointReader.open(store, folder), manager))
        .orElseGet(() -> initialize(job, data, manager));
  }

  private static Optional<String> folder(TrainingJob job, ObjectStore store) {
    OptionalLong newest = RunCheckpoints.newestStep(store, job.stage().name());
    if (newest.isPresent()) {
      return Optional.of(RunLayout.checkpoint(job.stage().name(), newest.getAsLong()));
    }
    return switch (job.start()) {
      case Start.RandomWeights _ -> Optional.empty();
      case Start.FromCheckpoint checkpoint -> Optional.of(checkpoint.folder());
    };
  }

  private static Restore initialize(TrainingJob job, Dataset data, NDManager manager) {
    ModelSpec spec = job.stage().model();
    ModelConfiguration model = ModelConfiguration.of(spec, job.training().sequenceLength());
    ModelState values = ModelState.ofTraining(model, job.training().optimizer().type(), manager);
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
    return new Restore(model, values, state, "random weights, seed " + job.training().seed());
  }

  private static Restore load(TrainingJob job, CheckpointReader reader, NDManager manager) {
    TrainerState state =
        reader
            .state()
            .orElseThrow(
                () ->
                    new UserError(
                        reader.location()
                            + ": holds weights alone; a training goes on from a checkpoint with"
                            + " its trainer's state"));
    checkModel(job, reader);
    ModelState values =
        ModelState.ofTraining(reader.model(), job.training().optimizer().type(), manager);
    for (FileKind kind : FileKind.values()) {
      try (TensorSequence tensors = reader.read(kind)) {
        values.load(tensors, reader.location());
      }
    }
    return new Restore(reader.model(), values, state, reader.location());
  }

  /** Damage, because the settings that the values were made with are this run's. */
  private static void checkModel(TrainingJob job, CheckpointReader reader) {
    ModelConfiguration found = reader.model();
    ModelSpec spec = job.stage().model();
    ModelConfiguration planned =
        ModelConfiguration.of(spec, found.maxPositions())
            .widened(spec.hiddenSize(), spec.innerSize(), found.logitScale());
    if (!found.equals(planned)) {
      throw new CorruptCheckpoint(
          reader.location() + ": holds " + found + "; its trainer state says " + planned);
    }
  }
}
