package dev.sparkling.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What fits on the terminal, which may change at any time. */
record TerminalSize(int rows, int columns) {

  /** What a terminal has had since there were any. */
  private static final TerminalSize USUAL = new TerminalSize(24, 80);

  static TerminalSize now() {
    try {
      Process process =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) { // no stty, or no terminal
      return USUAL;
    }
  }

  /** Terminals that do not know their size say 0. */
  static TerminalSize parse(String answer) {
    String[] words = answer.strip().split(" ");
    if (!answer.strip().matches("[1-9]\\d{0,4} [1-9]\\d{0,4}")) {
      return USUAL;
    }
    return new TerminalSize(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
  }
}
