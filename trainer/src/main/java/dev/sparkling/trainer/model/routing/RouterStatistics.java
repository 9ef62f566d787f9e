package dev.sparkling.trainer.model.routing;

/**
 * Statistics of one layer's router over a step.
 *
 * @param balancing balancing loss without its coefficient: 1 if the load is uniform
 * @param z mean square of the log-sum-exp of the router's logits
 * @param largestLoad load of the busiest expert, relative to a uniform load
 */
public record RouterStatistics(double balancing, double z, double largestLoad) {}
