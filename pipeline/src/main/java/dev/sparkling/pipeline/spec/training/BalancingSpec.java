package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * Load balancing of the experts, for architecture moe. The loss gets the additional terms
 *
 * <pre>
 *   coefficient * mean over layers of E * sum over experts e of f[e] * P[e]
 *   + zCoefficient * mean over layers and tokens of logsumexp(router logits)^2
 * </pre>
 *
 * where f[e] is the share of all choices that went to e (they sum to 1) and P[e] the mean of its
 * probability, so that an even load gives 1 for any number of experts. In Hugging Face's {@code
 * router_aux_loss_coef}, f[e] is the number of choices per token, which sum to {@code
 * expertsPerToken}: the coefficient here is theirs times {@code expertsPerToken}. Defaults are
 * OLMoE's (arXiv 2409.02060).
 */
public record BalancingSpec(
    @JsonPropertyDescription(
            "Weight of the balancing loss, which is 1 if all experts are used evenly; 0 disables it. Defaults to 0.01.")
        @Min(0)
        @Max(1)
        Double coefficient,
    @JsonPropertyDescription(
            "Tokens over which an expert's load is counted: globalBatch (those of the step so far) or microBatch. Defaults to globalBatch.")
        BalancingScope scope,
    @JsonPropertyDescription(
            "Weight of the router z-loss, the mean square of the log-sum-exp of its logits, which keeps them small; 0 disables it. Defaults to 0.001.")
        @Min(0)
        @Max(1)
        Double zCoefficient) {

  private static final double DEFAULT_COEFFICIENT = 0.01;
  private static final double DEFAULT_Z_COEFFICIENT = 0.001;

  static final BalancingSpec DEFAULT =
      new BalancingSpec(DEFAULT_COEFFICIENT, BalancingScope.GLOBAL_BATCH, DEFAULT_Z_COEFFICIENT);

  /** Adds nothing to the loss. */
  public static final BalancingSpec NONE = new BalancingSpec(0.0, BalancingScope.GLOBAL_BATCH, 0.0);

  public BalancingSpec {
    coefficient = Objects.requireNonNullElse(coefficient, DEFAULT_COEFFICIENT);
    scope = Objects.requireNonNullElse(scope, BalancingScope.GLOBAL_BATCH);
    zCoefficient = Objects.requireNonNullElse(zCoefficient, DEFAULT_Z_COEFFICIENT);
  }
}
