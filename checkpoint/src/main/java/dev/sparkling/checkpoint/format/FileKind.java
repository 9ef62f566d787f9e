package dev.sparkling.checkpoint.format;

import java.util.Locale;

/** The two kinds of tensor files. */
public enum FileKind {
  /** The weights, under Hugging Face's names. */
  MODEL,
  /** The optimizer state, under the weights' names with a {@link Moment}'s suffix. */
  OPTIMIZER;

  /** Returns the name of one of {@code count} files, counted from 1. */
  String fileName(int number, int count) {
    return String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", prefix(), number, count);
  }

  /** Whether {@link #fileName} may return this name. */
  boolean writes(String fileName) {
    return fileName.matches(prefix() + "-\\d{5}-of-\\d{5}\\.safetensors");
  }

  /**
   * Whether a reader treats the file as one of this kind, which includes Hugging Face's single
   * file.
   */
  boolean matches(String fileName) {
    return fileName.matches(prefix() + "(-\\d{5}-of-\\d{5})?\\.safetensors");
  }

  private String prefix() {
    return name().toLowerCase(Locale.ROOT);
  }
}
