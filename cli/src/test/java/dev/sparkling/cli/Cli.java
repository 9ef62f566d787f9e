package dev.sparkling.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** Runs a command in this process, as a user sees it. */
public final class Cli {

  private Cli() {}

  /** Output and exit code of a command. */
  public record Result(int exitCode, String out, String err) {
    public List<String> errorLines() {
      return err.lines().toList();
    }
  }

  public static Result run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    int exitCode = Sparkling.execute(new PrintWriter(out), new PrintWriter(err), words);
    return new Result(exitCode, out.toString(), err.toString());
  }
}
