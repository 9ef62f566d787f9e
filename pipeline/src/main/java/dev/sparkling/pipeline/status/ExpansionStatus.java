package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an expansion did.
 *
 * @param warnings one sentence each; may be empty
 */
public record ExpansionStatus(
    @JsonPropertyDescription(
            "Root mean square of the last hidden state on the validation sequences, narrow model")
        @Nullable Double rmsBefore,
    @JsonPropertyDescription(
            "Root mean square of the last hidden state on the validation sequences, wide model")
        @Nullable Double rmsAfter,
    @JsonPropertyDescription("Validation loss of the narrow model's last step, in nats a token")
        @Nullable Double lossBefore,
    @JsonPropertyDescription(
            "Validation loss of the wide model before its first step, in nats a token")
        @Nullable Double lossAfter,
    @JsonPropertyDescription("Seconds that the expansion took") @Nullable Double seconds,
    @JsonPropertyDescription("Bytes of the widened checkpoint") @Nullable Long bytes,
    @JsonPropertyDescription(
            "What deserves attention in the widened checkpoint, such as a matrix whose RMS(y)/RMS(x) moved beyond the tolerance")
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<String> warnings) {

  public ExpansionStatus {
    warnings = List.copyOf(Objects.requireNonNullElse(warnings, List.of()));
  }
}
