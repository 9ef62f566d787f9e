package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The columns of {@code kubectl get}, as text, because a column shows a single field. */
public record SummaryStatus(
    @JsonPropertyDescription("Completed and total steps, such as 41200/63500.") String step,
    @JsonPropertyDescription("Percentage of completed steps, such as 65%.") String progress,
    @JsonPropertyDescription("Loss of the newest step in nats per token, such as 2.301.")
        @Nullable String loss,
    @JsonPropertyDescription("Training speed in tokens per second, such as 412k.")
        @Nullable String tokensPerSecond,
    @JsonPropertyDescription(
            "Compute saved compared with training the widest model from scratch, such as 25%.")
        String saved,
    @JsonPropertyDescription("Estimated remaining time, such as 5h12m.") @Nullable String eta) {}
