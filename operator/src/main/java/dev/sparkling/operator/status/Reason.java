package dev.sparkling.operator.status;

import dev.sparkling.pipeline.error.ErrorClass;

/** Reasons of conditions and events: part of the API, so never renamed. */
public enum Reason {
  PENDING("Pending", "nothing runs yet"),
  QUEUED("Queued", "the job waits for a quota"),
  TRAINING("Training", "a trainer works on the stage"),
  RETRYING("Retrying", "the last worker has ended before its work was done; the next one starts"),
  EXPANDING("Expanding", "an expander widens the checkpoint"),
  SUSPENDED("Suspended", "spec.suspend is true; set it to false to go on"),
  SUCCEEDED("Succeeded", "every stage is complete"),
  NOT_FAILED("NotFailed", "no stage has failed"),
  LAUNCH_FAILED("LaunchFailed", "a job could not be created; tried again"),
  DELETING("Deleting", "a job deletes what the run has stored"),
  DELETION_HELD_UP("DeletionHeldUp", "the job that deletes what the run has stored cannot start"),
  DELETION_FAILED("DeletionFailed", "what the run has stored could not be deleted"),
  INVALID_INPUT(ErrorClass.USER.reason(), "what the user gave cannot be used"),
  CORRUPT_CHECKPOINT(ErrorClass.CORRUPT.reason(), "a checkpoint is damaged"),
  TRANSIENT_FAILURE(ErrorClass.TRANSIENT.reason(), "the surroundings failed too often"),
  INTERNAL_ERROR(ErrorClass.BUG.reason(), "a defect of Sparkling");

  private final String word;
  private final String sentence;

  Reason(String word, String sentence) {
    this.word = word;
    this.sentence = sentence;
  }

  /** As conditions and events spell it. */
  public String word() {
    return word;
  }

  /** What it means, where there is nothing more exact to say. */
  public String sentence() {
    return sentence;
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
