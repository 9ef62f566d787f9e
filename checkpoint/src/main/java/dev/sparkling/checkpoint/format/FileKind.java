package dev.sparkling.checkpoint.format;

import java.util.Locale;

/** The two kinds of tensor files. */
public enum FileKind {
  /** The weights, under Hugging Face's names. */
  MODEL,
  /** The optimizer's moments, under the weights' names with a {@link Moment}'s suffix. */
  OPTIMIZER;

  /** Returns the name of one of {@code count} files, counted from 1. */
  String fileName(int number, int count) {
    return String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", prefix(), number, count);
  }

  /** Whether {@link #fileName} returns such a name. */
  boolean writes(String fileName) {
    return fileName.matches(prefix() + "-\\d{5}-of-\\d{5}\\.safetensors");
  }

  /** Whether a reader takes the file for one of this kind: also Hugging Face's single file. */
  boolean matches(String fileName) {
    return fileName.matches(prefix() + "(-\\d{5}-of-\\d{5})?\\.safetensors");
  }

  private String prefix() {
    return name().toLowerCase(Locale.ROOT);
  }
}
