package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sparkling.pipeline.status.ExpansionStatus;
import org.jspecify.annotations.Nullable;

/**
 * Result of a worker: its pod's termination message, which Kubernetes truncates at 4,096 bytes.
 *
 * @param outcome result in one word
 * @param message errors, or what was done, for people
 * @param progress final progress of a trainer; absent if it did not get that far
 * @param expansion what an expander did
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobResult(
    Outcome outcome,
    String message,
    @Nullable Progress progress,
    @Nullable ExpansionStatus expansion) {

  /** Limit of Kubernetes on a termination message, in bytes. */
  public static final int LARGEST_BYTES = 4096;
}
