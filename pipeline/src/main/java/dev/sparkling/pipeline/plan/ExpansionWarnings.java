package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.training.LearningRateSchedule;
import java.util.ArrayList;
import java.util.List;

/** Warnings about expansions that are allowed but do not do what their names suggest. */
public final class ExpansionWarnings {

  private ExpansionWarnings() {}

  /**
   * Warns if {@code naive} is not a baseline because it equals {@code copy-copy}: at n times the
   * width, the share 1/n of each of n copies is also the factor of copy-copy (1/2 at 2x, Eq. 17).
   *
   * @param hiddenSize hidden size of the model before the expansion
   * @param innerSize inner size of the model before the expansion
   * @return sentences that begin with the name of a field of {@code expansion}
   */
  public static List<String> of(ExpansionSpec expansion, int hiddenSize, int innerSize) {
    return isCopyCopy(expansion, hiddenSize, innerSize) && !isSymmetric(expansion)
        ? List.of(
            "initialization: naive gives the same tensors as copy-copy if widths grow by integer"
                + " ratios; for a baseline that differs from it set optimizerState: copy,"
                + " rewarmup.ratio: 1 and rewarmup.steps: 0")
        : List.of();
  }

  /** Returns all warnings, including those that depend on the learning rate schedule. */
  static List<String> of(
      ExpansionSpec expansion, int hiddenSize, int innerSize, LearningRateSchedule schedule) {
    List<String> warnings = new ArrayList<>(of(expansion, hiddenSize, innerSize));
    if (isCopyCopy(expansion, hiddenSize, innerSize)
        && isSymmetric(expansion)
        && schedule == LearningRateSchedule.COSINE) {
      warnings.add(
          "rewarmup: with learningRate.schedule: cosine new entries follow a cosine of their own"
              + " even without a re-warm-up; with wsd they have the old entries' rate");
    }
    return warnings;
  }

  private static boolean isCopyCopy(ExpansionSpec expansion, int hiddenSize, int innerSize) {
    return expansion.initialization() == Initialization.NAIVE
        && expansion.hiddenSize() % hiddenSize == 0
        && expansion.innerSize() % innerSize == 0;
  }

  /** Whether new entries get a copy of the optimizer state and no re-warm-up. */
  private static boolean isSymmetric(ExpansionSpec expansion) {
    return expansion.optimizerState() == OptimizerStateStrategy.COPY
        && expansion.rewarmup().ratio() == 1
        && expansion.rewarmup().steps() == 0;
  }
}
