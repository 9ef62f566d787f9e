package dev.sparkling.expander.plan;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.Initialization;

/**
 * What an initialization does on the two sides of widened channels.
 *
 * @param fanOut new rows of the matrices that write the channels
 * @param fanIn new columns of the matrices that read them
 * @param sharing how a reader's column and its copies split the old value
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
   * Returns the source of new rows of SwiGLU's gate. Where those of {@code up} are zero, the gate's
   * must not be: {@code silu(0) * 0} has no gradient on either side.
   */
  NewEntries gateFanOut() {
    return fanOut == NewEntries.ZERO ? NewEntries.COPY : fanOut;
  }

  /**
   * Returns the factor of a matrix whose columns grow with its inputs.
   *
   * @param axis what the columns run over
   */
  double factor(Axis axis, long width, long newWidth) {
    if (!(sharing instanceof Sharing.Whole)) {
      return 1;
    }
    if (fanOut == NewEntries.ZERO && axis == Axis.INNER) {
      // Unlike on the hidden axis, no norm between writer and reader rescales the old channels.
      return 1;
    }
    return fanOut == NewEntries.COPY && fanIn == NewEntries.COPY
        ? Factors.fanInBothCopied(width, newWidth)
        : Factors.fanIn(width, newWidth);
  }

  /**
   * Returns the factor on the logits of a tied head. Its matrix widens as an embedding, so its new
   * columns come from the fan-out side, whatever other readers do.
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
