package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Outcome of a worker; the exit code carries the same information. */
public enum Outcome {
  /** The work is done, now or by an earlier worker; exit code 0. */
  @JsonProperty("complete")
  COMPLETE,
  /**
   * The worker was asked to stop, and its work can be resumed; exit code {@value
   * #STOPPED_EXIT_CODE}.
   */
  @JsonProperty("stopped")
  STOPPED,
  /** The work failed with an error that the exit code classifies ({@code ErrorClass}). */
  @JsonProperty("failed")
  FAILED;

  /** 128 + SIGTERM: stopped on request, neither complete nor failed. */
  public static final int STOPPED_EXIT_CODE = 143;
}
