package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.javaoperatorsdk.operator.api.reconciler.Context;

/** The one patch of a pass, if anything changed, and the events of what it tells. */
final class StatusWriter {

  private final RunMetrics metrics;
  private final Happenings happenings;

  StatusWriter(RunMetrics metrics, Happenings happenings) {
    this.metrics = metrics;
    this.happenings = happenings;
  }

  /**
   * Events come after the status, so that what they tell of can be looked at. The Operator SDK's
   * operation, and not its client, so that the pass sees its own status next time and is not
   * triggered by it.
   */
  void write(
      Context<ProgressiveTrainingResource> context,
      ProgressiveTrainingResource run,
      ProgressiveTrainingStatus after) {
    if (after.equals(run.getStatus())) {
      return;
    }
    context.resourceOperations().serverSideApplyPrimaryStatus(run.withOnly(after));
    metrics.written(run.getStatus(), after);
    happenings.record(run, after);
  }
}
