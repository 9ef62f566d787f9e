package dev.sparkling.cli;

import picocli.CommandLine.Option;

/** {@code --output}, for commands whose result a script may want. */
final class OutputOption {

  private enum Kind {
    TEXT,
    JSON
  }

  @Option(
      names = "--output",
      paramLabel = "text|json",
      description = "How to print the result (default: ${DEFAULT-VALUE}).",
      defaultValue = "text")
  private Kind kind = Kind.TEXT;

  boolean isJson() {
    return kind == Kind.JSON;
  }
}
