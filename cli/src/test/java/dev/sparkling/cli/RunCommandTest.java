package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @Test
  void runsAllStagesAndPrintsWhatTheyReached() {
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("STAGE    HIDDEN   INNER   PARAMETERS")
        .contains("expansion: hidden 16 to 32, inner 8 to 16")
        .containsPattern("narrow +at the start +0 +7\\.\\d{4}\n")
        .containsPattern("narrow +at the end +12 +\\d\\.\\d{4} +-\\d+\\.\\d\\d %\n")
        .containsPattern("wide +after the expansion +12 +\\d\\.\\d{4} +[+-]0\\.00 %\n")
        .containsPattern("wide +at the end +24 +\\d\\.\\d{4} +-\\d+\\.\\d\\d %\n")
        .containsPattern("unigram entropy +\\d\\.\\d{4}\n")
        .containsPattern("final validation loss \\d\\.\\d+ nats per token\n");
    assertThat(tiny.checkpoint("wide", 24).resolve("manifest.json")).exists();
    assertThat(tiny.expansion().resolve("expansion-report.json")).exists();
  }

  @Test
  void secondRunSaysThatTheFirstWasCompleteAndPrintsTheSameTable() {
    Path file = tiny.resource();
    String first = Cli.run("run", file).out();
    Cli.Result second = Cli.run("run", file);
    assertThat(second.exitCode()).isZero();
    assertThat(second.out()).contains("tiny is already complete");
    assertThat(lastLine(second.out())).isEqualTo(lastLine(first));
  }

  @Test
  void storeOptionMovesTheRunAndKeepsTheResult() {
    Path file = tiny.resource();
    String first = Cli.run("run", file).out();
    String elsewhere = Cli.run("run", file, "--store", folder.resolve("elsewhere")).out();
    assertThat(folder.resolve("elsewhere/wide/checkpoints")).exists();
    assertThat(lastLine(elsewhere)).isEqualTo(lastLine(first));
  }

  @Test
  void controlTrainsTheNarrowModelToTheEndOfTheRun() {
    Cli.Result result = Cli.run("run", tiny.resource(), "--control");
    assertThat(result.out()).containsPattern("control +at the end +24 +\\d\\.\\d{4}");
  }

  @Test
  void controlOfACompleteRunIsStillTrained() {
    Cli.run("run", tiny.resource());
    Cli.Result control = Cli.run("run", tiny.resource(), "--control");
    assertThat(control.out())
        .doesNotContain("nothing was left to do")
        .containsPattern("control +at the end +24 +\\d\\.\\d{4}");
    assertThat(Cli.run("run", tiny.resource(), "--control").out())
        .contains("tiny is already complete");
  }

  @Test
  void runOfOneStageIsItsOwnControl() {
    Path file =
        tiny.resource(
            """
                - name: wide
                  tokens: 3072
                  expansion: {hiddenSize: 32, innerSize: 16, rewarmup: {steps: 3}}
            """,
            "");
    Cli.Result result = Cli.run("run", file, "--control");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).doesNotContain("control");
    assertThat(tiny.store().resolve("control.narrow")).doesNotExist();
  }

  @Test
  void missingMetricsAreReportedAndAreNotADefect() throws IOException {
    Cli.run("run", tiny.resource());
    Files.delete(tiny.store().resolve("narrow/metrics.jsonl"));
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).containsPattern("narrow +no metrics are stored\n");
  }

  @Test
  void suspendedRunStartsNothing() {
    Cli.Result result = Cli.run("run", tiny.resource("  trainer:", "  suspend: true\n  trainer:"));
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("spec.suspend is true; set it to false to resume");
    assertThat(tiny.store().resolve("narrow")).doesNotExist();
  }

  @Test
  void stagesAndExpansionCanBeDoneOneByOneWithTheSameResult() {
    Path file = tiny.resource();
    String whole = lastLine(Cli.run("run", file).out());
    Path steps = folder.resolve("steps");
    assertThat(Cli.run("train", file, "--stage", "narrow", "--store", steps).exitCode()).isZero();
    Cli.Result expand =
        Cli.run(
            "expand",
            "--from",
            steps.resolve("narrow/checkpoints/step-00000012"),
            "--to",
            steps.resolve("wide/expansion"),
            "--hidden-size",
            32,
            "--inner-size",
            16,
            "--rewarmup-steps",
            3);
    assertThat(expand.err()).isEmpty();
    assertThat(Cli.run("train", file, "--stage", "wide", "--store", steps).exitCode()).isZero();
    assertThat(lastLine(Cli.run("run", file, "--store", steps).out())).isEqualTo(whole);
  }

  @Test
  void evaluationOfTheLastCheckpointIsTheRunsLastLoss() {
    String whole = lastLine(Cli.run("run", tiny.resource()).out());
    Cli.Result result =
        Cli.run(
            "evaluate",
            "--checkpoint",
            tiny.checkpoint("wide", 24),
            "--data",
            tiny.data().resolve("validation"),
            "--sequences",
            8,
            "--threads",
            2);
    assertThat(result.err()).isEmpty();
    String loss = whole.replaceAll("[^0-9.]*([0-9.]+) nats.*", "$1");
    assertThat(result.out()).startsWith("{\"loss\":" + loss + ",\"bitsPerByte\":");
  }

  @Test
  void planIsPrintedAsTableAndAsJson() {
    Cli.Result text = Cli.run("plan", tiny.resource("tokens: 3072}", "tokens: 3000}"));
    assertThat(text.out())
        .contains("less than training the widest model from scratch")
        .contains(
            "warning: spec.stages[0].tokens: 3000 is 11.72 steps of 256 tokens;"
                + " rounded to 12 steps, 3072 tokens");
    Cli.Result json = Cli.run("plan", tiny.resource(), "--output", "json");
    assertThat(json.out()).contains("\"flopsSaved\" : 0.").contains("\"name\" : \"narrow\"");
  }

  @Test
  void inspectShowsTheModelItsTrainingAndItsTensors() {
    Cli.run("run", tiny.resource());
    Cli.Result result = Cli.run("inspect", "--verify", "--tensors", tiny.checkpoint("wide", 24));
    assertThat(result.out())
        .contains("4 experts, 2 per token, 2 layers, hidden 32, inner 16")
        .contains("trained     24 steps")
        .contains("expansion   after step 12 to hidden 32, inner 16")
        .contains("all digests match")
        .containsPattern("model.embed_tokens.weight +F32 +\\[2048, 32\\] +vocabulary, hidden\n");
    assertThat(Cli.run("inspect", "--output", "json", tiny.checkpoint("wide", 24)).out())
        .contains("\"hiddenSize\" : 32");
  }

  private static String lastLine(String text) {
    return text.lines().toList().getLast();
  }
}
