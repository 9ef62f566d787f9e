package dev.sparkling.expander.plan;

/**
 * The factors that keep {@code RMS(y)/RMS(x)} of {@code y = W x} where the columns of W grow from
 * {@code width} to {@code newWidth} (paper section 3.2). They multiply old and new entries alike.
 * Growing rows (fan-out) needs no factor.
 */
public final class Factors {

  private Factors() {}

  /**
   * Returns the factor where copied columns meet copied inputs.
   *
   * <p>With {@code c = newWidth/width - 1}: up to 2x {@code 1/sqrt(1+3c)} (Eq. 16, 17), which at 2x
   * is 1/2 and preserves the function; beyond {@code 1/(1+c)}.
   */
  public static double fanInBothCopied(long width, long newWidth) {
    check(width, newWidth);
    return newWidth <= 2 * width
        ? Math.sqrt((double) width / (3 * newWidth - 2 * width))
        : (double) width / newWidth;
  }

  /** Returns the factor where columns or inputs are random (Eq. 14) or zero (App. B). */
  public static double fanIn(long width, long newWidth) {
    check(width, newWidth);
    return Math.sqrt((double) width / newWidth);
  }

  private static void check(long width, long newWidth) {
    if (width <= 0 || newWidth < width) {
      throw new IllegalArgumentException("width " + width + " to " + newWidth + " does not grow");
    }
  }
}
