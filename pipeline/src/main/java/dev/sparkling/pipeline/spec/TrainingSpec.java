package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/**
 * How every stage trains.
 *
 * @param sequenceLength tokens of one sequence
 * @param globalBatchSize sequences of one optimizer step
 * @param microBatchSize sequences of one forward pass; divides {@code globalBatchSize}
 * @param seed of the initial weights, the sample order and the expansion's random values
 */
@ValidationRule(
    value = "!has(self.microBatchSize) || self.globalBatchSize % self.microBatchSize == 0",
    message = "microBatchSize: must divide globalBatchSize")
public record TrainingSpec(
    @Required @Min(1) @Max(Limits.SEQUENCE_LENGTH) int sequenceLength,
    @Required @Min(1) @Max(Limits.BATCH) int globalBatchSize,
    @Min(1) @Max(Limits.BATCH) int microBatchSize,
    Precision precision,
    Long seed,
    OptimizerSpec optimizer,
    @Required LearningRateSpec learningRate,
    CheckpointsSpec checkpoints,
    EvaluationSpec evaluation) {

  private static final long DEFAULT_SEED = 1;

  static final TrainingSpec EMPTY =
      new TrainingSpec(
          0,
          0,
          0,
          Precision.FP32,
          DEFAULT_SEED,
          OptimizerSpec.DEFAULT,
          LearningRateSpec.EMPTY,
          CheckpointsSpec.DEFAULT,
          EvaluationSpec.DEFAULT);

  public TrainingSpec {
    microBatchSize = microBatchSize == 0 ? globalBatchSize : microBatchSize;
    precision = Objects.requireNonNullElse(precision, Precision.FP32);
    seed = Objects.requireNonNullElse(seed, DEFAULT_SEED);
    optimizer = Objects.requireNonNullElse(optimizer, OptimizerSpec.DEFAULT);
    learningRate = Objects.requireNonNullElse(learningRate, LearningRateSpec.EMPTY);
    checkpoints = Objects.requireNonNullElse(checkpoints, CheckpointsSpec.DEFAULT);
    evaluation = Objects.requireNonNullElse(evaluation, EvaluationSpec.DEFAULT);
  }

  /** Tokens of one optimizer step. */
  public long tokensPerStep() {
    return (long) globalBatchSize * sequenceLength;
  }
}
