package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One stage's status under way from what was known to what is. */
final class StageStatusMerge {

  private final StagePlan stage;
  private final String storage;
  private final StageState state;
  private long step;
  private long tokens;
  private @Nullable Double loss;
  private @Nullable Double validationLoss;
  private @Nullable Double tokensPerSecond;
  private @Nullable CheckpointStatus checkpoint;
  private int attempts;
  private int disruptions;
  private @Nullable String startedAt;
  private @Nullable String finishedAt;
  private @Nullable String pod;
  private @Nullable String waitingReason;
  private @Nullable String message;
  private @Nullable ExpansionStatus expansion;

  StageStatusMerge(StagePlan stage, @Nullable StageStatus known, String storage) {
    this.stage = stage;
    this.storage = storage;
    if (known == null) {
      this.state = StageState.PENDING;
      this.step = stage.firstStep();
      return;
    }
    this.state = known.state();
    this.step = known.step();
    this.tokens = known.tokens();
    this.loss = known.loss();
    this.validationLoss = known.validationLoss();
    this.tokensPerSecond = known.tokensPerSecond();
    this.checkpoint = known.checkpoint();
    this.attempts = known.attempts();
    this.disruptions = known.disruptions();
    this.startedAt = known.startedAt();
    this.finishedAt = known.finishedAt();
    this.pod = known.pod();
    this.expansion = known.expansion();
  }

  /**
   * The job at work, or the last one.
   *
   * @param queuedBefore whether the run waited for a quota already
   */
  void job(WorkerJob job, boolean queuedBefore) {
    if (startedAt == null) {
      startedAt = job.startTime();
    }
    Optional<WorkerPodState> newest = job.pod();
    newest.ifPresent(
        state -> {
          if (pod != null && job.failures() <= attempts && job.isDisrupted(pod, state)) {
            disruptions++;
          }
          pod = state.name();
        });
    if (!queuedBefore && job.isHeldAgain()) {
      disruptions++;
    }
    attempts = job.failures();
    Optional<WorkerPodState.Waiting> blocked = job.blocked();
    waitingReason = blocked.map(WorkerPodState.Waiting::reason).orElse(null);
    message = blocked.map(WorkerPodState.Waiting::message).or(job::saidLast).orElse(null);
  }

  void expansion(ExpansionStatus done) {
    expansion = expansion == null ? done : expansion;
  }

  /** What a trainer said; what it said before and not now still stands. */
  void progress(Progress said) {
    step = said.step();
    tokens = said.tokens();
    loss = said.loss() == null ? loss : said.loss();
    validationLoss = said.validationLoss() == null ? validationLoss : said.validationLoss();
    tokensPerSecond = said.tokensPerSecond() == null ? tokensPerSecond : said.tokensPerSecond();
    if (said.checkpoint() != null
        && (checkpoint == null || checkpoint.step() <= said.checkpoint().step())) {
      checkpoint = said.checkpoint();
    }
    Double first = said.firstValidationLoss();
    if (expansion != null && expansion.lossAfter() == null && first != null) {
      expansion =
          new ExpansionStatus(
              expansion.rmsBefore(),
              said.firstHiddenRms(),
              expansion.lossBefore(),
              first,
              expansion.seconds(),
              expansion.bytes());
    }
  }

  /** The trainer's job is complete: its last checkpoint is there, whoever saw it. */
  void trained(WorkerJob job) {
    if (finishedAt == null) {
      finishedAt = job.completionTime();
    }
    step = stage.lastStep();
    message = null;
    if (checkpoint == null || checkpoint.step() < stage.lastStep()) {
      checkpoint =
          new CheckpointStatus(
              "%s/%s/checkpoints/step-%08d".formatted(storage, stage.name(), stage.lastStep()),
              stage.lastStep(),
              Objects.requireNonNullElse(finishedAt, ""));
    }
  }

  StageStatus status() {
    return new StageStatus(
        stage.name(),
        state,
        step,
        tokens,
        loss,
        validationLoss,
        tokensPerSecond,
        checkpoint,
        attempts,
        disruptions,
        startedAt,
        finishedAt,
        pod,
        waitingReason,
        message,
        expansion);
  }
}
