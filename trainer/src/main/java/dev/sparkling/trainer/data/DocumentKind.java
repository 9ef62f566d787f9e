package dev.sparkling.trainer.data;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a file is by its name. */
enum DocumentKind {
  /** One document, UTF-8. */
  TEXT,
  /** A JSON object a line, of which one field is the document. */
  JSON_LINES,
  /** A row a document, of which one column is the text. */
  PARQUET,
  /** Text and JSON lines. */
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

  /** The kind of a file; text and JSON lines may be compressed. Empty where it is none. */
  static Optional<DocumentKind> of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Stream.of(values())
        .filter(kind -> kind.allEndings().anyMatch(lower::endsWith))
        .findFirst();
  }

  /** All endings, for messages. */
  static String described() {
    return String.join(", ", Stream.of(values()).flatMap(kind -> kind.endings().stream()).toList())
        + "; text and JSON lines also with "
        + String.join(" or ", COMPRESSED);
  }

  /** Whether it is read from its beginning to its end, and so may stand in a zip. */
  boolean isStream() {
    return this == TEXT || this == JSON_LINES;
  }

  private Stream<String> allEndings() {
    Stream<String> compressed =
        endings().stream().flatMap(ending -> COMPRESSED.stream().map(ending::concat));
    return Stream.concat(endings().stream(), isStream() ? compressed : Stream.of());
  }
}
