package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sparkling.pipeline.status.ExpansionStatus;
import org.jspecify.annotations.Nullable;

/**
 * How a worker ended: its pod's termination message, which Kubernetes cuts at 4,096 bytes.
 *
 * @param outcome how, in one word
 * @param message for people: the errors, or what was done
 * @param progress of a trainer; absent where it did not come that far
 * @param expansion of an expander
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobResult(
    Outcome outcome,
    String message,
    @Nullable Progress progress,
    @Nullable ExpansionStatus expansion) {

  /** Kubernetes' limit of a termination message, in bytes. */
  public static final int LARGEST_BYTES = 4096;
}
