package dev.sparkling.operator.status;

import dev.sparkling.pipeline.error.ErrorClass;

/**
 * The operator's own reasons of conditions and events. They are part of the API and are never
 * renamed. Conditions and events also show the reasons for which Kubernetes does not start a pod.
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
  INVALID_INPUT(ErrorClass.USER.reason(), "the resource, a credential or a dataset is invalid"),
  CORRUPT_CHECKPOINT(ErrorClass.CORRUPT.reason(), "a checkpoint is corrupt"),
  TRANSIENT_FAILURE(
      ErrorClass.TRANSIENT.reason(), "the network, a server or the machine failed too often"),
  INTERNAL_ERROR(ErrorClass.BUG.reason(), "a bug in Sparkling");

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

  static Reason of(ErrorClass errorClass) {
    return switch (errorClass) {
      case USER -> INVALID_INPUT;
      case CORRUPT -> CORRUPT_CHECKPOINT;
      case TRANSIENT -> TRANSIENT_FAILURE;
      case BUG -> INTERNAL_ERROR;
    };
  }
}
