package dev.sparkling.cli.pod;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far a stage is by what its store holds. */
public final class StoredProgress {

  private StoredProgress() {}

  /**
   * The progress at a step.
   *
   * @param step of the newest checkpoint, or the stage's first one where it has none
   */
  public static Progress at(long step, RunPlan plan, StagePlan stage, ObjectStore store) {
    // What came after the checkpoint is done again.
    Metrics metrics = Metrics.read(store, stage.name());
    metrics.truncate(step == stage.firstStep() ? -1 : step);
    Optional<Metrics.Step> last = metrics.lastStep();
    List<Evaluation> evaluations = metrics.evaluations();
    Optional<Evaluation> first = first(evaluations, stage);
    return new Progress(
        stage.name(),
        stage.lastStep(),
        new TrainingFigures(
            step,
            step * plan.tokensPerStep(),
            last.map(Metrics.Step::loss).orElse(null),
            evaluations.isEmpty() ? null : evaluations.getLast().validationLoss(),
            last.map(Metrics.Step::tokensPerSecond).orElse(null)),
        new StageStart(
            first.map(Evaluation::validationLoss).orElse(null),
            first.flatMap(Evaluation::lastHiddenRms).orElse(null)),
        new StepDiagnostics(
            last.map(Metrics.Step::gradientNorm).orElse(null),
            last.map(Metrics.Step::modelFlopsUtilization).orElse(null)),
        checkpoint(step, stage, store),
        Instant.now().toString());
  }

  /** The newest evaluation of a complete stage. */
  public static Optional<Evaluation> lastEvaluation(StagePlan stage, ObjectStore store) {
    return Metrics.read(store, stage.name()).evaluations().reversed().stream().findFirst();
  }

  private static Optional<Evaluation> first(List<Evaluation> evaluations, StagePlan stage) {
    return evaluations.stream()
        .findFirst()
        .filter(evaluation -> evaluation.step() == stage.firstStep());
  }

  private static @Nullable CheckpointStatus checkpoint(
      long step, StagePlan stage, ObjectStore store) {
    String folder = RunLayout.checkpoint(stage.name(), step);
    return store
        .find(folder + "/" + Manifest.NAME)
        .map(
            manifest ->
                new CheckpointStatus(store.location(folder), step, manifest.modified().toString()))
        .orElse(null);
  }
}
