package dev.sparkling.cli.watch;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The size of the terminal, which may change at any time. */
record TerminalSize(int rows, int columns) {

  /** The usual default. */
  private static final TerminalSize DEFAULT = new TerminalSize(24, 80);

  static TerminalSize now() {
    try {
      Process process =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) { // no stty, or no terminal
      return DEFAULT;
    }
  }

  /** Parses the output of {@code stty size}; a terminal of unknown size reports 0. */
  static TerminalSize parse(String answer) {
    String[] words = answer.strip().split(" ");
    if (!answer.strip().matches("[1-9]\\d{0,4} [1-9]\\d{0,4}")) {
      return DEFAULT;
    }
    return new TerminalSize(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
  }
}
