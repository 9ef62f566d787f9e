package dev.sparkling.trainer.model.routing;

/**
 * Statistics of one layer's router over a step.
 *
 * @param balancing balancing loss: 1 if all experts are used evenly
 * @param z mean square of the log-sum-exp of the logits
 * @param largestLoad load of the busiest expert, as a multiple of even use
 */
public record RouterStatistics(double balancing, double z, double largestLoad) {}
