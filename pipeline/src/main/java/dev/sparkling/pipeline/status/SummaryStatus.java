package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The columns of {@code kubectl get}, as text because a column can show one value only. */
public record SummaryStatus(
    @JsonPropertyDescription("Steps done and steps in all, such as 41200/63500") String step,
    @JsonPropertyDescription("Share of the steps that is done, such as 65%") String progress,
    @JsonPropertyDescription("Loss of the newest step, in nats a token, such as 2.301")
        @Nullable String loss,
    @JsonPropertyDescription("Tokens trained a second, such as 412k")
        @Nullable String tokensPerSecond,
    @JsonPropertyDescription(
            "Compute saved against training the widest model from scratch, such as 25%")
        String saved,
    @JsonPropertyDescription("Time left, such as 5h12m") @Nullable String eta) {}
