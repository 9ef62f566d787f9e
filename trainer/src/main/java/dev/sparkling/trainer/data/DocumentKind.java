package dev.sparkling.trainer.data;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The kind of an input file, determined by its name. */
enum DocumentKind {
  /** One document in UTF-8. */
  TEXT,
  /** One JSON object per line, with the document in one field. */
  JSON_LINES,
  /** One document per row, in one column. */
  PARQUET,
  /** An archive of text and JSON lines. */
  ZIP;

  private static final List<String> COMPRESSED = List.of(".gz", ".zst");

  private List<String> endings() {
    return switch (this) {
      case TEXT -> List.of(".java", ".txt", ".md", ".text");
      case JSON_LINES -> List.of(".jsonl", ".ndjson");
      case PARQUET -> List.of(".parquet");
      case ZIP -> List.of(".jar", ".zip");
    };
  }

  /**
   * Returns the kind of a file, which may be compressed if it is text or JSON lines; empty if
   * unknown.
   */
  static Optional<DocumentKind> of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Stream.of(values())
        .filter(kind -> kind.allEndings().anyMatch(lower::endsWith))
        .findFirst();
  }

  /** Lists all endings, for messages. */
  static String described() {
    return String.join(", ", Stream.of(values()).flatMap(kind -> kind.endings().stream()).toList())
        + "; text and JSON lines also with "
        + String.join(" or ", COMPRESSED);
  }

  /** Whether files are read sequentially, so that they can be in a zip. */
  boolean isStream() {
    return this == TEXT || this == JSON_LINES;
  }

  private Stream<String> allEndings() {
    Stream<String> compressed =
        endings().stream().flatMap(ending -> COMPRESSED.stream().map(ending::concat));
    return Stream.concat(endings().stream(), isStream() ? compressed : Stream.of());
  }
}
