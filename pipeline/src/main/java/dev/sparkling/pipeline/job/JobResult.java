package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.status.ExpansionStatus;
import org.jspecify.annotations.Nullable;

/**
 * The result of a worker: its pod's termination message, which Kubernetes truncates at 4,096 bytes.
 *
 * @param outcome whether the work is done, stopped or failed
 * @param reason reason of a failure ({@code ErrorReason}); absent in results of older workers
 * @param message errors, or what was done, for people to read
 * @param progress final progress of a trainer; absent if it had not restored its state yet
 * @param expansion results of an expander
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobResult(
    Outcome outcome,
    @Nullable String reason,
    String message,
    @Nullable Progress progress,
    @Nullable ExpansionStatus expansion) {

  /** Largest termination message that Kubernetes keeps, in bytes. */
  public static final int LARGEST_BYTES = 4096;

  /** Creates a result that is not a failure. */
  public JobResult(
      Outcome outcome,
      String message,
      @Nullable Progress progress,
      @Nullable ExpansionStatus expansion) {
    this(outcome, null, message, progress, expansion);
  }

  /** Creates the result of a failure. */
  public static JobResult failure(ErrorReason reason, String message, @Nullable Progress progress) {
    return new JobResult(Outcome.FAILED, reason.text(), message, progress, null);
  }

  JobResult withMessage(String newMessage) {
    return new JobResult(outcome, reason, newMessage, progress, expansion);
  }

  JobResult withoutFigures() {
    return new JobResult(outcome, reason, message, null, null);
  }
}
