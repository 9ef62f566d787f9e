package dev.sparkling.expander.plan;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.Initialization;

/**
 * How an initialization widens.
 *
 * @param written new rows of what writes the widened channels (fan-out)
 * @param read new columns of what reads them (fan-in)
 * @param sharing of what reads them
 */
record Rule(NewEntries written, NewEntries read, Sharing sharing) {

  private static final double DECIBELS_OF_A_TENFOLD_AMPLITUDE = 20;

  static Rule of(Initialization initialization, BaselineSpec baseline) {
    return switch (initialization) {
      case COPY_COPY -> new Rule(NewEntries.COPY, NewEntries.COPY, new Sharing.None());
      case ZERO_COPY -> new Rule(NewEntries.ZERO, NewEntries.COPY, new Sharing.None());
      case RANDOM_COPY -> new Rule(NewEntries.RANDOM, NewEntries.COPY, new Sharing.None());
      case RANDOM_ZERO -> new Rule(NewEntries.RANDOM, NewEntries.ZERO, new Sharing.None());
      case RANDOM_RANDOM -> new Rule(NewEntries.RANDOM, NewEntries.RANDOM, new Sharing.None());
      case NAIVE -> copied(new Sharing.Even(0));
      case UNEVEN -> copied(new Sharing.Uneven(baseline.unevenShare()));
      case PERTURB -> copied(new Sharing.Even(baseline.perturbation()));
      case SIGNAL_TO_NOISE ->
          copied(
              new Sharing.Even(
                  Math.pow(
                      10, -baseline.signalToNoiseDecibels() / DECIBELS_OF_A_TENFOLD_AMPLITUDE)));
    };
  }

  private static Rule copied(Sharing sharing) {
    return new Rule(NewEntries.COPY, NewEntries.COPY, sharing);
  }

  /**
   * New rows of SwiGLU's gate on the inner axis. Where the other factor of {@code silu(gate x) *
   * (up x)} is zero already, the gate must not be: {@code silu(0) = 0}, so neither would ever have
   * a gradient.
   */
  NewEntries writtenByGate() {
    return written == NewEntries.ZERO ? NewEntries.COPY : written;
  }

  /**
   * The factor of a matrix whose columns grow with its inputs.
   *
   * @param axis what the columns run over
   */
  double factor(Axis axis, long width, long newWidth) {
    if (!(sharing instanceof Sharing.None)) {
      return 1;
    }
    if (written == NewEntries.ZERO && axis == Axis.INNER) {
      // Zeros add nothing to the sums, and no norm lies between to make the others larger.
      return 1;
    }
    return bothCopied() && read == NewEntries.COPY
        ? Factors.fanInBothCopied(width, newWidth)
        : Factors.fanIn(width, newWidth);
  }

  /**
   * The factor of a tied head's logits. Its matrix widens as an embedding, so that the head's new
   * columns are what is written, whatever other readers do.
   */
  double logitFactor(long width, long newWidth) {
    if (!(sharing instanceof Sharing.None)) {
      return (double) width / newWidth;
    }
    return bothCopied() ? Factors.fanInBothCopied(width, newWidth) : Factors.fanIn(width, newWidth);
  }

  private boolean bothCopied() {
    return written == NewEntries.COPY;
  }
}
