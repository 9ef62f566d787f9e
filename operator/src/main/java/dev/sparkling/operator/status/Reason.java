package dev.sparkling.operator.status;

import dev.sparkling.pipeline.error.ErrorReason;

/**
 * The operator's own reasons of conditions and events. They are part of the API and are never
 * renamed. Conditions and events also show the reasons of errors ({@link ErrorReason}), and those
 * for which Kubernetes does not start a pod.
 */
public enum Reason {
  PENDING("Pending", "no worker has started yet"),
  QUEUED("Queued", "the job is waiting for quota"),
  TRAINING("Training", "the stage is training"),
  RETRYING("Retrying", "the last worker ended before its work was done; another one is starting"),
  EXPANDING("Expanding", "the checkpoint is being widened"),
  SUSPENDED("Suspended", "spec.suspend is true; set it to false to resume"),
  SUCCEEDED("Succeeded", "all stages are complete"),
  NOT_FAILED("NotFailed", "no stage has failed"),
  LAUNCH_FAILED("LaunchFailed", "a job could not be created; retrying"),
  DELETING("Deleting", "the run's data in the object store is being deleted"),
  DELETION_HELD_UP("DeletionHeldUp", "the job that deletes the run's data cannot start"),
  DELETION_FAILED("DeletionFailed", "the run's data could not be deleted"),
  INVALID_INPUT(
      ErrorReason.INVALID_INPUT.text(), "the resource, a credential or a dataset is invalid"),
  TRANSIENT_FAILURE(
      ErrorReason.TRANSIENT_FAILURE.text(), "the network, a server or the machine failed"),
  INTERNAL_ERROR(ErrorReason.INTERNAL_ERROR.text(), "a bug in Sparkling");

  private final String reason;
  private final String defaultMessage;

  Reason(String reason, String defaultMessage) {
    this.reason = reason;
    this.defaultMessage = defaultMessage;
  }

  /** Returns the reason as it is written in conditions and events. */
  public String reason() {
    return reason;
  }

  /** Returns the message for when nothing more specific is known. */
  public String defaultMessage() {
    return defaultMessage;
  }
}
