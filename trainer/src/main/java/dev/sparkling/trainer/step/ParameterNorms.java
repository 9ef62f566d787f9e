package dev.sparkling.trainer.step;

/**
 * L2 norms of a parameter.
 *
 * @param weight norm of the weights that the passes read
 * @param gradient norm of the gradients of the last step
 */
public record ParameterNorms(double weight, double gradient) {}
