package dev.sparkling.expander.plan;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.Initialization;

/**
 * The effect of an initialization on the two sides of widened channels.
 *
 * @param fanOut source of the new rows of matrices that write the channels
 * @param fanIn source of the new columns of matrices that read them
 * @param sharing how a column of a matrix that reads them, and its copies, split the old value
 */
record Rule(NewEntries fanOut, NewEntries fanIn, Sharing sharing) {

  private static final double DECIBELS_PER_TENFOLD_AMPLITUDE = 20;

  static Rule of(Initialization initialization, BaselineSpec baseline) {
    return switch (initialization) {
      case COPY_COPY -> new Rule(NewEntries.COPY, NewEntries.COPY, new Sharing.Whole());
      case ZERO_COPY -> new Rule(NewEntries.ZERO, NewEntries.COPY, new Sharing.Whole());
      case RANDOM_COPY -> new Rule(NewEntries.RANDOM, NewEntries.COPY, new Sharing.Whole());
      case RANDOM_ZERO -> new Rule(NewEntries.RANDOM, NewEntries.ZERO, new Sharing.Whole());
      case RANDOM_RANDOM -> new Rule(NewEntries.RANDOM, NewEntries.RANDOM, new Sharing.Whole());
      case NAIVE -> copied(new Sharing.Even(0));
      case UNEVEN -> copied(new Sharing.Uneven(baseline.unevenShare()));
      case PERTURB -> copied(new Sharing.Even(baseline.perturbation()));
      case SIGNAL_TO_NOISE ->
          copied(
              new Sharing.Even(
                  Math.pow(
                      10, -baseline.signalToNoiseDecibels() / DECIBELS_PER_TENFOLD_AMPLITUDE)));
    };
  }

  private static Rule copied(Sharing sharing) {
    return new Rule(NewEntries.COPY, NewEntries.COPY, sharing);
  }

  /**
   * Returns the source of new rows of SwiGLU's gate. If the new rows of {@code up} are zero, those
   * of the gate must not be, because neither side of {@code silu(0) * 0} has a gradient.
   */
  NewEntries gateFanOut() {
    return fanOut == NewEntries.ZERO ? NewEntries.COPY : fanOut;
  }

  /**
   * Returns the factor of a matrix whose columns grow with its inputs.
   *
   * @param axis axis of the columns
   */
  double factor(Axis axis, long width, long newWidth) {
    if (!(sharing instanceof Sharing.Whole)) {
      return 1;
    }
    if (fanOut == NewEntries.ZERO && axis == Axis.INNER) {
      // Unlike on the hidden axis, no norm between the two matrices rescales the old channels.
      return 1;
    }
    return fanOut == NewEntries.COPY && fanIn == NewEntries.COPY
        ? Factors.fanInBothCopied(width, newWidth)
        : Factors.fanIn(width, newWidth);
  }

  /**
   * Returns the factor on the logits of a tied head. Its matrix is widened as an embedding, so its
   * new columns follow the fan-out side, unlike those of other matrices that read the channels.
   */
  double logitFactor(long width, long newWidth) {
    if (!(sharing instanceof Sharing.Whole)) {
      return (double) width / newWidth;
    }
    return fanOut == NewEntries.COPY
        ? Factors.fanInBothCopied(width, newWidth)
        : Factors.fanIn(width, newWidth);
  }
}
