package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The results of an expansion.
 *
 * @param warnings one sentence each; may be empty
 */
public record ExpansionStatus(
    @JsonPropertyDescription(
            "Root mean square of the narrow model's last hidden state on the validation sequences.")
        @Nullable Double rmsBefore,
    @JsonPropertyDescription(
            "Root mean square of the wide model's last hidden state on the validation sequences.")
        @Nullable Double rmsAfter,
    @JsonPropertyDescription(
            "Validation loss of the narrow model after its last step, in nats per token.")
        @Nullable Double lossBefore,
    @JsonPropertyDescription(
            "Validation loss of the wide model before its first step, in nats per token.")
        @Nullable Double lossAfter,
    @JsonPropertyDescription("Duration of the expansion in seconds.") @Nullable Double seconds,
    @JsonPropertyDescription("Size of the widened checkpoint in bytes.") @Nullable Long bytes,
    @JsonPropertyDescription(
            "Warnings about the widened checkpoint, such as a matrix whose RMS(y)/RMS(x) deviates by more than the tolerance.")
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<String> warnings) {

  public ExpansionStatus {
    warnings = List.copyOf(Objects.requireNonNullElse(warnings, List.of()));
  }
}
