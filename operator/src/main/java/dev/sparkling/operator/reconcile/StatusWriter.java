package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.javaoperatorsdk.operator.api.reconciler.Context;

/** Writes a changed status in one patch, and records the events of the change after it. */
final class StatusWriter {

  private final RunMetrics metrics;
  private final EventRecorder events;

  StatusWriter(RunMetrics metrics, EventRecorder events) {
    this.metrics = metrics;
    this.events = events;
  }

  /**
   * Writes a status unless it is unchanged. The patch goes through the Operator SDK and not its
   * client, so that the next pass sees its own status and is not triggered by it.
   *
   * @return whether the run was edited after the pass had read it. The Operator SDK holds back
   *     events during its patch and drops those older than the patch, so that an edit just before
   *     it would not trigger a pass (operator-framework/java-operator-sdk#3414)
   */
  boolean write(
      Context<ProgressiveTrainingResource> context,
      ProgressiveTrainingResource run,
      ProgressiveTrainingStatus after) {
    if (after.equals(run.getStatus())) {
      return false;
    }
    ProgressiveTrainingResource written =
        context.resourceOperations().serverSideApplyPrimaryStatus(run.withOnly(after));
    metrics.written(run.getStatus(), after);
    events.record(run, after);
    return !run.getMetadata().getGeneration().equals(written.getMetadata().getGeneration());
  }
}
