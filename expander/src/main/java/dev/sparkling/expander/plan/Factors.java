package dev.sparkling.expander.plan;

/**
 * The factors that preserve {@code RMS(y)/RMS(x)} of {@code y = W x} when the columns of W grow
 * from {@code width} to {@code newWidth} (section 3.2 of the paper). They apply to old and new
 * entries. New rows (fan-out) need no factor.
 */
public final class Factors {

  private Factors() {}

  /**
   * Returns the factor if both the new columns and the new inputs are copies.
   *
   * <p>With {@code c = newWidth/width - 1}, the factor is {@code 1/sqrt(1+3c)} up to 2x (Eq. 16,
   * 17), which at 2x is 1/2 and preserves the function, and {@code 1/(1+c)} beyond 2x.
   */
  public static double fanInBothCopied(long width, long newWidth) {
    check(width, newWidth);
    return newWidth <= 2 * width
        ? Math.sqrt((double) width / (3 * newWidth - 2 * width))
        : (double) width / newWidth;
  }

  /**
   * Returns the factor if the new columns or the new inputs are random (Eq. 14) or zero (App. B).
   */
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
