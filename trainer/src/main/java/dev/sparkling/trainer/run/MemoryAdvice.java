package dev.sparkling.trainer.run;

import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.plan.TrainingMemory;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Messages for a stage that needs more memory than is available: the setting to lower, and the
 * largest value that fits.
 */
final class MemoryAdvice {

  private static final double GIGABYTE = 1e9;

  private MemoryAdvice() {}

  /** Returns advice before training; empty if the stage should fit. */
  static Optional<String> beforeTraining(StagePlan stage, TrainingSpec training, long bytes) {
    return stage.memory().total() <= bytes
        ? Optional.empty()
        : Optional.of(need(stage, training, bytes) + remedy(stage, training, bytes));
  }

  /** Returns advice after an allocation failed, regardless of the estimate. */
  static String afterFailure(StagePlan stage, TrainingSpec training, long bytes) {
    return need(stage, training, bytes)
        + "that was not enough; "
        + remedy(stage, training, Math.min(bytes, stage.memory().total() - 1));
  }

  /** Returns advice after an allocation on a GPU failed; there is no estimate of GPU memory. */
  static String forGpu(TrainingSpec training) {
    return "spec.training.microBatchSize: "
        + training.microBatchSize()
        + " needs more memory than the GPU has; lower it, or set spec.training.recomputation: layers";
  }

  private static String need(StagePlan stage, TrainingSpec training, long bytes) {
    TrainingMemory memory = stage.memory();
    return String.format(
        Locale.ROOT,
        "spec.training.microBatchSize: %d needs about %.1f GB in stage %s, %.1f GB of it for"
            + " weights, gradients and moments, and there are %.1f GB in total; ",
        training.microBatchSize(),
        memory.total() / GIGABYTE,
        stage.name(),
        memory.state() / GIGABYTE,
        bytes / GIGABYTE);
  }

  private static String remedy(StagePlan stage, TrainingSpec training, long bytes) {
    OptionalInt fits = TrainingMemory.largestMicroBatch(stage.model(), training, bytes);
    OptionalInt recomputing =
        TrainingMemory.largestMicroBatch(stage.model(), training.with(Recomputation.LAYERS), bytes);
    if (recomputing.isEmpty()) {
      return "not even 1 fits: a smaller model or more memory is needed";
    }
    String withRecomputation = recomputing.getAsInt() + " with spec.training.recomputation: layers";
    if (fits.isEmpty()) {
      return "lower it to " + withRecomputation;
    }
    return "lower it to "
        + fits.getAsInt()
        + (recomputing.getAsInt() > fits.getAsInt() ? ", or " + withRecomputation : "");
  }
}
