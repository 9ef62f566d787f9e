package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sparkling.pipeline.spec.model.Limits;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/** How every stage trains. */
@ValidationRule(
    value = "!has(self.microBatchSize) || self.globalBatchSize % self.microBatchSize == 0",
    message = "microBatchSize: must divide globalBatchSize")
public record TrainingSpec(
    @JsonPropertyDescription("Tokens of one sequence")
        @Required
        @Min(1)
        @Max(Limits.SEQUENCE_LENGTH)
        int sequenceLength,
    @JsonPropertyDescription("Sequences of one optimizer step") @Required @Min(1) @Max(Limits.BATCH)
        int globalBatchSize,
    @JsonPropertyDescription(
            "Sequences of one forward pass, which memory limits; must divide globalBatchSize; default globalBatchSize")
        @Min(1)
        @Max(Limits.BATCH)
        int microBatchSize,
    @JsonPropertyDescription(
            "Number format of activations and matrix products, fp32 or bf16; weights and moments are fp32; default fp32")
        Precision precision,
    @JsonPropertyDescription(
            "Seed of the initial weights, the sample order and an expansion's random values; default 1")
        Long seed,
    @JsonPropertyDescription("Optimizer and its constants") OptimizerSpec optimizer,
    @JsonPropertyDescription("Learning rate over the steps of all stages") @Required
        LearningRateSpec learningRate,
    @JsonPropertyDescription(
            "Largest norm of all gradients together; larger ones are scaled down to it; 0: never; default 1")
        @Min(0)
        Double gradientClipping,
    @JsonPropertyDescription("What keeps experts evenly used; models of experts only")
        BalancingSpec balancing,
    @JsonPropertyDescription(
            "What the backward pass computes again instead of keeping it: none, or layers (all but each layer's input, for a third more arithmetic); results are the same; default none")
        Recomputation recomputation,
    @JsonPropertyDescription(
            "Whether a token attends to its own document only, not to those before it in the sequence; default false")
        Boolean documentMasking,
    @JsonPropertyDescription("When checkpoints are written and how many are kept")
        CheckpointsSpec checkpoints,
    @JsonPropertyDescription("When the validation loss is computed and on how much")
        EvaluationSpec evaluation) {

  private static final long DEFAULT_SEED = 1;
  private static final double DEFAULT_GRADIENT_CLIPPING = 1;

  public static final TrainingSpec EMPTY =
      new TrainingSpec(
          0,
          0,
          0,
          Precision.FP32,
          DEFAULT_SEED,
          OptimizerSpec.DEFAULT,
          LearningRateSpec.EMPTY,
          DEFAULT_GRADIENT_CLIPPING,
          BalancingSpec.DEFAULT,
          Recomputation.NONE,
          false,
          CheckpointsSpec.DEFAULT,
          EvaluationSpec.DEFAULT);

  public TrainingSpec {
    microBatchSize = microBatchSize == 0 ? globalBatchSize : microBatchSize;
    precision = Objects.requireNonNullElse(precision, Precision.FP32);
    seed = Objects.requireNonNullElse(seed, DEFAULT_SEED);
    optimizer = Objects.requireNonNullElse(optimizer, OptimizerSpec.DEFAULT);
    learningRate = Objects.requireNonNullElse(learningRate, LearningRateSpec.EMPTY);
    gradientClipping = Objects.requireNonNullElse(gradientClipping, DEFAULT_GRADIENT_CLIPPING);
    balancing = Objects.requireNonNullElse(balancing, BalancingSpec.DEFAULT);
    recomputation = Objects.requireNonNullElse(recomputation, Recomputation.NONE);
    documentMasking = Objects.requireNonNullElse(documentMasking, false);
    checkpoints = Objects.requireNonNullElse(checkpoints, CheckpointsSpec.DEFAULT);
    evaluation = Objects.requireNonNullElse(evaluation, EvaluationSpec.DEFAULT);
  }

  /** The same with other recomputation. */
  public TrainingSpec with(Recomputation other) {
    return new TrainingSpec(
        sequenceLength,
        globalBatchSize,
        microBatchSize,
        precision,
        seed,
        optimizer,
        learningRate,
        gradientClipping,
        balancing,
        other,
        documentMasking,
        checkpoints,
        evaluation);
  }

  /** Tokens of one optimizer step. */
  public long tokensPerStep() {
    return (long) globalBatchSize * sequenceLength;
  }
}
