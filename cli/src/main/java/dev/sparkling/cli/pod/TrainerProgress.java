package dev.sparkling.cli.pod;

import dev.sparkling.checkpoint.format.Metrics;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.trainer.run.TrainingListener;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The training's progress as one immutable record: the training's thread puts a new one after each
 * step, others take the newest whenever they like, and neither waits.
 */
public final class TrainerProgress implements TrainingListener {

  /** Of the mean that the speed is shown as. */
  private static final double SPEED_MEMORY = 0.9;

  private final RunPlan plan;
  private final ObjectStore store;
  private final InstantSource clock;
  private volatile @Nullable Progress newest;

  /**
   * Nothing is known before the training has restored its state.
   *
   * @param store rooted at the run
   */
  public TrainerProgress(RunPlan plan, ObjectStore store, InstantSource clock) {
    this.plan = plan;
    this.store = store;
    this.clock = clock;
  }

  public @Nullable Progress newest() {
    return newest;
  }

  @Override
  public void restored(StagePlan stage, long step, String from) {
    newest = StoredProgress.at(step, plan, stage, store);
  }

  @Override
  public void stepDone(Metrics.Step step) {
    Progress before = newest;
    if (before == null) {
      return;
    }
    Double speed = before.tokensPerSecond();
    newest =
        new Progress(
            before.stage(),
            step.step(),
            before.lastStep(),
            step.tokens(),
            step.loss(),
            before.validationLoss(),
            before.firstValidationLoss(),
            before.firstHiddenRms(),
            speed == null
                ? step.tokensPerSecond()
                : SPEED_MEMORY * speed + (1 - SPEED_MEMORY) * step.tokensPerSecond(),
            step.gradientNorm(),
            step.modelFlopsUtilization(),
            before.checkpoint(),
            clock.instant().toString());
  }

  @Override
  public void evaluated(Metrics.Evaluation evaluation) {
    Progress before = newest;
    if (before == null) {
      return;
    }
    double loss = evaluation.validationLoss();
    boolean isFirst = before.validationLoss() == null;
    newest =
        new Progress(
            before.stage(),
            before.step(),
            before.lastStep(),
            before.tokens(),
            before.loss(),
            loss,
            isFirst ? Double.valueOf(loss) : before.firstValidationLoss(),
            isFirst ? evaluation.lastHiddenRms().orElse(null) : before.firstHiddenRms(),
            before.tokensPerSecond(),
            before.gradientNorm(),
            before.modelFlopsUtilization(),
            before.checkpoint(),
            clock.instant().toString());
  }

  @Override
  public void checkpointed(Checkpointed checkpoint) {
    Progress before = newest;
    if (before == null) {
      return;
    }
    String now = clock.instant().toString();
    newest =
        new Progress(
            before.stage(),
            before.step(),
            before.lastStep(),
            before.tokens(),
            before.loss(),
            before.validationLoss(),
            before.firstValidationLoss(),
            before.firstHiddenRms(),
            before.tokensPerSecond(),
            before.gradientNorm(),
            before.modelFlopsUtilization(),
            new CheckpointStatus(checkpoint.location(), checkpoint.step(), now),
            now);
  }
}
