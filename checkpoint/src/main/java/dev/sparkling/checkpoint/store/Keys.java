package dev.sparkling.checkpoint.store;

import java.util.regex.Pattern;

/** Checks the form of keys. */
final class Keys {

  private static final Pattern KEY = Pattern.compile("[^/.][^/]*(/[^/.][^/]*)*");

  private Keys() {}

  /**
   * Returns the key.
   *
   * @throws IllegalArgumentException if it is malformed, which is a bug in the caller
   */
  static String check(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException(
          "key '" + key + "': names joined by '/' are needed, none empty or starting with a dot");
    }
    return key;
  }
}
