package dev.sparkling.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.cli.cluster.ServerTable.TableColumn;
import dev.sparkling.cli.cluster.ServerTable.TableRow;
import dev.sparkling.pipeline.error.TransientError;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RunFollowerTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void allRunsAreFollowedThroughEveryChange() {
    RunFollower follower = follower(this::lines);
    boolean more = follower.listed(table(row("a", "Training", "1s"), row("b", "Failed", "1s")));
    more &= follower.changed(row("a", "Succeeded", "2s"));
    more &= follower.changed(row("c", "Pending", "0s"));
    more &= follower.deleted(row("b", "Failed", "3s"));
    assertThat(more).isTrue();
    assertThat(out.toString().lines())
        .containsExactly(
            "NAME   PHASE      AGE",
            "a      Training   1s",
            "b      Failed     1s",
            "a      Succeeded   2s",
            "c      Pending     0s",
            "b      deleted");
  }

  @Test
  void anAgeIsNotAChange() {
    RunFollower follower = follower(this::lines);
    follower.listed(table(row("a", "Training", "1s")));
    follower.changed(row("a", "Training", "2s"));
    follower.listed(table(row("a", "Training", "9s")));
    assertThat(out.toString().lines()).hasSize(2);
  }

  @Test
  void aRunOfTheSameNameIsAnotherRun() {
    RunFollower follower = follower(this::lines);
    follower.listed(table(row("a", "Training", "1s")));
    TableRow again = row("a", "Training", "0s");
    ((ObjectNode) again.resource().get("metadata")).put("uid", "another");
    follower.listed(table(again));
    assertThat(out.toString().lines().skip(1))
        .containsExactly("a      Training   1s", "a      deleted", "a      Training   0s");
  }

  @Test
  void noRunsYetIsPrintedOnce() {
    RunFollower follower = follower(this::lines);
    follower.listed(table());
    follower.listed(table());
    assertThat(err).hasToString("no runs in namespace research yet" + System.lineSeparator());
  }

  @Test
  void eachInterruptionIsPrintedOnce() {
    RunFollower follower = follower(this::lines);
    follower.listed(table());
    err.getBuffer().setLength(0);
    follower.interrupted(new TransientError("cluster: away", null));
    follower.interrupted(new TransientError("cluster: away", null));
    follower.listed(table());
    follower.interrupted(new TransientError("cluster: away again", null));
    assertThat(err.toString().lines())
        .containsExactly("cluster: away; trying again", "cluster: away again; trying again");
  }

  @Test
  void onATerminalTheTableIsRedrawnInPlace() {
    RunFollower follower = follower(columns -> screen(columns, 24, 80));
    follower.listed(table(row("a", "Training", "1s"), row("b", "Failed", "1s")));
    follower.deleted(row("b", "Failed", "3s"));
    assertThat(out.toString().split("\r", -1))
        .containsExactly(
            "NAME   PHASE      AGE\na      Training   1s\nb      Failed     1s\n",
            "\u001b[3A\u001b[JNAME   PHASE      AGE\na      Training   1s\n");
  }

  @Test
  void aTableIsCutToTheTerminalSoThatItCanBeRedrawn() {
    RunFollower follower = follower(columns -> screen(columns, 6, 12));
    follower.listed(
        table(
            IntStream.range(0, 9)
                .mapToObj(i -> row("run-" + i, "Training", "1s"))
                .toArray(TableRow[]::new)));
    assertThat(out.toString().lines())
        .containsExactly("NAME    PHA", "run-0   Tra", "run-1   Tra", "run-2   Tra", "and 6 more");
  }

  @Test
  void aTerminalWithoutASizeHasTheDefaultOne() {
    assertThat(TerminalSize.parse("50 132\n")).isEqualTo(new TerminalSize(50, 132));
    assertThat(Stream.of("", "0 0\n", "stty: no\n").map(TerminalSize::parse))
        .containsOnly(new TerminalSize(24, 80));
  }

  private RunFollower follower(Function<RunColumns, RunDisplay> displays) {
    return new RunFollower(
        null,
        "namespace research",
        table -> new RunColumns(table, false, false),
        displays,
        new PrintWriter(err));
  }

  private RunDisplay lines(RunColumns columns) {
    return new RunDisplay.Lines(columns, new PrintWriter(out), new PrintWriter(err));
  }

  private RunDisplay screen(RunColumns columns, int rows, int width) {
    return new RunDisplay.Screen(
        columns, new PrintWriter(out), () -> new TerminalSize(rows, width));
  }

  private static ServerTable table(TableRow... rows) {
    return new ServerTable(
        List.of(
            new TableColumn("Name", false, false),
            new TableColumn("Phase", false, false),
            new TableColumn("Age", true, false)),
        List.of(rows),
        "1");
  }

  private static TableRow row(String... cells) {
    return new TableRow(
        List.of(cells),
        FakeApiServer.yaml("metadata: {name: %s, uid: uid-of-%s}".formatted(cells[0], cells[0])));
  }
}
