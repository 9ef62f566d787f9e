package dev.sparkling.worker.text;

import java.time.Duration;
import java.util.Locale;

/** Formats numbers for display. */
public final class Format {

  private static final String[] DECIMAL = {"", "k", "M", "G", "T", "P", "E"};

  private Format() {}

  /** Formats a count with three digits and a decimal prefix: 412k, 1.50G. */
  public static String count(double value) {
    double scaled = value;
    int prefix = 0;
    while (scaled >= 1000 && prefix < DECIMAL.length - 1) {
      scaled /= 1000;
      prefix++;
    }
    if (prefix == 0 && value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    int decimals = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f%s", scaled, DECIMAL[prefix]);
  }

  public static String count(long value) {
    return count((double) value);
  }

  public static String bytes(long value) {
    return count(value) + "B";
  }

  /** Formats a number that may exceed all prefixes, with three digits and an exponent: 1.23e+21. */
  public static String flops(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }

  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  public static String loss(double nats) {
    return String.format(Locale.ROOT, "%.4f", nats);
  }

  public static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
