package dev.sparkling.worker.argument;

import picocli.CommandLine.Option;

/** {@code --output}, for commands whose output scripts may read. */
public final class OutputOption {

  private enum ResultFormat {
    TEXT,
    JSON
  }

  @Option(
      names = "--output",
      paramLabel = "text|json",
      description = "Output format (default: ${DEFAULT-VALUE}).",
      defaultValue = "text")
  private ResultFormat format = ResultFormat.TEXT;

  public boolean isJson() {
    return format == ResultFormat.JSON;
  }
}
