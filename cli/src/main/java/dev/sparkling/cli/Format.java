package dev.sparkling.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Format {

  private static final String[] DECIMAL = {"", "k", "M", "G", "T", "P", "E"};

  private Format() {}

  /** Three digits and a decimal prefix: 412k, 1.50G. */
  static String count(double value) {
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

  static String count(long value) {
    return count((double) value);
  }

  static String bytes(long value) {
    return count(value) + "B";
  }

  /** A count too large for prefixes: 1.23e+21. */
  static String flops(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String loss(double nats) {
    return String.format(Locale.ROOT, "%.4f", nats);
  }

  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
