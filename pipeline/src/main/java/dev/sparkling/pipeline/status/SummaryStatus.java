package dev.sparkling.pipeline.status;

import org.jspecify.annotations.Nullable;

/**
 * The columns of {@code kubectl get}, as text because a column can show one value only.
 *
 * @param step done over all, such as {@code 41200/63500}
 * @param progress such as {@code 65%}
 * @param loss of the newest step
 * @param tokensPerSecond such as {@code 412k}
 * @param saved compute against training the widest model from scratch, such as {@code 25%}
 * @param eta time left, such as {@code 5h12m}
 */
public record SummaryStatus(
    String step,
    String progress,
    @Nullable String loss,
    @Nullable String tokensPerSecond,
    String saved,
    @Nullable String eta) {}
