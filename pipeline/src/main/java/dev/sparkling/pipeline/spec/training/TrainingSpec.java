package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sparkling.pipeline.spec.model.Limits;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/** Training settings of all stages. */
@ValidationRule(
    value = "!has(self.microBatchSize) || self.globalBatchSize % self.microBatchSize == 0",
    message = "microBatchSize: must divide globalBatchSize")
public record TrainingSpec(
    @JsonPropertyDescription("Number of tokens per sequence.")
        @Required
        @Min(1)
        @Max(Limits.SEQUENCE_LENGTH)
        int sequenceLength,
    @JsonPropertyDescription("Number of sequences per optimizer step.")
        @Required
        @Min(1)
        @Max(Limits.BATCH)
        int globalBatchSize,
    @JsonPropertyDescription(
            "Number of sequences per forward pass, limited by memory; must divide globalBatchSize. Defaults to globalBatchSize.")
        @Min(1)
        @Max(Limits.BATCH)
        int microBatchSize,
    @JsonPropertyDescription(
            "Number format of activations and matrix products: fp32 or bf16. Weights and optimizer state are fp32. Defaults to fp32.")
        Precision precision,
    @JsonPropertyDescription(
            "Seed of the initial weights, the order of the samples and the random values of expansions. Defaults to 1.")
        Long seed,
    @JsonPropertyDescription("Optimizer and its hyperparameters.") OptimizerSpec optimizer,
    @JsonPropertyDescription("Learning rate schedule over the steps of all stages.") @Required
        LearningRateSpec learningRate,
    @JsonPropertyDescription(
            "Maximum norm of all gradients together; gradients with a larger norm are scaled down to it. 0 disables clipping. Defaults to 1.")
        @Min(0)
        Double gradientClipping,
    @JsonPropertyDescription("Load balancing of the experts; for architecture moe only.")
        BalancingSpec balancing,
    @JsonPropertyDescription(
            "Activation recomputation in the backward pass: none, or layers, which keeps only the input of each layer and takes a third more arithmetic. Results are bitwise identical. Defaults to none.")
        Recomputation recomputation,
    @JsonPropertyDescription(
            "If true, a token attends only to its own document, not to earlier ones in the sequence. Defaults to false.")
        Boolean documentMasking,
    @JsonPropertyDescription("How often checkpoints are written and how many are kept.")
        CheckpointsSpec checkpoints,
    @JsonPropertyDescription("How often the validation loss is computed and on how many sequences.")
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
          LearningRateSpec.DEFAULTS,
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
    learningRate = Objects.requireNonNullElse(learningRate, LearningRateSpec.DEFAULTS);
    gradientClipping = Objects.requireNonNullElse(gradientClipping, DEFAULT_GRADIENT_CLIPPING);
    balancing = Objects.requireNonNullElse(balancing, BalancingSpec.DEFAULT);
    recomputation = Objects.requireNonNullElse(recomputation, Recomputation.NONE);
    documentMasking = Objects.requireNonNullElse(documentMasking, false);
    checkpoints = Objects.requireNonNullElse(checkpoints, CheckpointsSpec.DEFAULT);
    evaluation = Objects.requireNonNullElse(evaluation, EvaluationSpec.DEFAULT);
  }

  /** Returns the settings with another recomputation. */
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

  /** Returns the number of tokens per optimizer step. */
  public long tokensPerStep() {
    return (long) globalBatchSize * sequenceLength;
  }
}
