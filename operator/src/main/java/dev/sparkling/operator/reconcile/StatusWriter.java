package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.javaoperatorsdk.operator.api.reconciler.Context;

/** Writes a changed status in one patch, then records the events for the change. */
final class StatusWriter {

  private final RunMetrics metrics;
  private final EventRecorder events;

  StatusWriter(RunMetrics metrics, EventRecorder events) {
    this.metrics = metrics;
    this.events = events;
  }

  /**
   * Writes a status unless it is unchanged. The patch goes through the Operator SDK instead of the
   * client, so that it does not trigger a pass and the next pass sees the new status.
   *
   * @return whether the run was edited after the pass had read it. The Operator SDK holds back
   *     events during its patch and drops those that are older, so an edit just before the patch
   *     would not trigger a pass (operator-framework/java-operator-sdk#3414)
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
    metrics.recordStatus(run.getStatus(), after);
    events.record(run, after);
    return !run.getMetadata().getGeneration().equals(written.getMetadata().getGeneration());
  }
}
