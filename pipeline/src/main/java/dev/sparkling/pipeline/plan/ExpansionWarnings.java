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
   * Warns of a baseline that is not one: a naive share of 1/n for each of n copies is copy-copy's
   * factor at n times the width (1/2 at 2x, Eq. 17).
   *
   * @param hiddenSize of the model before the expansion
   * @param innerSize of the model before the expansion
   * @return sentences that begin with the field of {@code expansion}
   */
  public static List<String> of(ExpansionSpec expansion, int hiddenSize, int innerSize) {
    return isCopyCopy(expansion, hiddenSize, innerSize) && !isSymmetric(expansion)
        ? List.of(
            "initialization: naive widens exactly as copy-copy does where widths grow by whole"
                + " ratios; for a baseline that differs from it set optimizerState: copy,"
                + " rewarmup.ratio: 1 and rewarmup.steps: 0")
        : List.of();
  }

  /** Adds what depends on the learning rate of the run. */
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

  /** Whether new entries get moments and a re-warm-up like the old ones'. */
  private static boolean isSymmetric(ExpansionSpec expansion) {
    return expansion.optimizerState() == OptimizerStateStrategy.COPY
        && expansion.rewarmup().ratio() == 1
        && expansion.rewarmup().steps() == 0;
  }
}
