package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;

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
   * @return whether the run has changed since the pass read it, so that nothing was written and
   *     another pass is needed. An operator that has lost its lease without noticing cannot
   *     overwrite what its successor wrote. Events do not trigger that pass: the Operator SDK drops
   *     those that are older than its patch (operator-framework/java-operator-sdk#3414)
   */
  boolean write(
      Context<ProgressiveTrainingResource> context,
      ProgressiveTrainingResource run,
      ProgressiveTrainingStatus after) {
    if (after.equals(run.getStatus())) {
      return false;
    }
    try {
      context.resourceOperations().serverSideApplyPrimaryStatus(run.withOnly(after));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return true;
      }
      throw e;
    }
    metrics.recordStatus(run.getStatus(), after);
    events.record(run, after);
    return false;
  }
}
