package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.RunWatch;
import dev.sparkling.cli.cluster.Runs;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "watch",
    description = {
      "Follows the runs of a cluster until Ctrl-C, or a single run until it ends.",
      "For a single run, the exit code is 0 if it succeeds, else that of its error."
    },
    mixinStandardHelpOptions = true)
public final class WatchCommand implements Callable<Integer> {

  /** Interval at which ages on a terminal are updated. */
  private static final Duration SCREEN_WINDOW = Duration.ofSeconds(10);

  /** Interval for lines, which are printed once, so that ages need no update. */
  private static final Duration LINES_WINDOW = Duration.ofMinutes(1);

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "A single run.")
  private @Nullable String name;

  @Mixin private ClusterOptions cluster;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    try (Runs runs = Runs.open(cluster.choice(name))) {
      RunFollower follower =
          new RunFollower(
              name,
              runs.description(),
              table -> new RunColumns(table, cluster.allNamespaces(), false),
              columns ->
                  terminal
                      ? new RunDisplay.Screen(columns, out, TerminalSize::now)
                      : new RunDisplay.Lines(columns, out, err),
              err);
      new RunWatch(runs, RunWatch.Pace.of(terminal ? SCREEN_WINDOW : LINES_WINDOW))
          .follow(follower);
      return follower.exitCode();
    }
  }
}
