package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that a run has used cannot be edited; others can (docs/adr/0007). */
class ChangedSpecTest {

  private static final String KEPT =
      "; a run cannot change what it has used, so set it back or use another store";

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          layers: 2                 | layers: 4                                  | spec.model.layers: 4 is not the 2
          sequenceLength: 32        | sequenceLength: 16                         | spec.training.sequenceLength: 16 is not the 32
          globalBatchSize: 8        | {globalBatchSize: 8, microBatchSize: 4     | spec.training.microBatchSize: 4 is not the 8
          peak: 1.0e-2              | peak: 2.0e-2                               | spec.training.learningRate.peak: 0.02 is not the 0.01
          warmupFraction: 0.1       | warmupFraction: 0.2                        | spec.training.learningRate.warmupFraction: 0.2 is not the 0.1
          learningRate:             | seed: 5\\n    learningRate:                 | spec.training.seed: 5 is not the 1
          learningRate:             | optimizer: {eps: 0.1}\\n    learningRate:   | spec.training.optimizer.eps: 0.1 is not the 1.0E-8
          learningRate:             | optimizer: {type: muon}\\n    learningRate: | spec.training.optimizer.type: muon is not the adamw
          learningRate:             | optimizer: {momentum: 0.9}\\n    learningRate: | spec.training.optimizer.momentum: 0.9 is not the 0.95
          warmupFraction: 0.1       | warmupFraction: 0.1, decayFraction: 0.5    | spec.training.learningRate.decayFraction: 0.5 is not the 0.2
          """)
  void settingThatACompleteRunHasUsedIsNamedWithBothValuesAndNothingIsTouched(
      String good, String bad, String problem) {
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    Map<Path, Long> before = files();
    String edit = bad.replace("{globalBatchSize: 8, ", "globalBatchSize: 8\n    ");
    Cli.Result result = Cli.run("run", tiny.resource(good, edit.replace("\\n", "\n")));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(problem + " of " + tiny.checkpoint("narrow", 12) + KEPT);
    assertThat(result.out()).doesNotContain("complete").doesNotContain("final validation loss");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void everyDifferenceIsNamedAtOnce() {
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    Cli.Result result =
        Cli.run(
            "run",
            tiny.resource(
                "layers: 2",
                "layers: 4",
                "globalBatchSize: 8",
                "globalBatchSize: 4",
                "{hiddenSize: 32, innerSize: 16, rewarmup: {steps: 3}}",
                "{hiddenSize: 48, innerSize: 16, rewarmup: {ratio: 1.1, steps: 4}}"));
    String narrow = " of " + tiny.checkpoint("narrow", 12) + KEPT;
    String expansion = " of " + tiny.expansion() + KEPT;
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "spec.model.layers: 4 is not the 2" + narrow,
            "spec.stages[1].expansion.hiddenSize: 48 is not the 32" + expansion,
            "spec.stages[1].expansion.rewarmup.ratio: 1.1 is not the 1.3" + expansion,
            "spec.stages[1].expansion.rewarmup.steps: 4 is not the 3" + expansion,
            "spec.training.globalBatchSize: 4 is not the 8" + narrow,
            "spec.training.microBatchSize: 4 is not the 8" + narrow);
  }

  @Test
  void editDuringTheRunIsTheUsersErrorAndNotDamage() {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    for (Object[] command :
        List.of(
            new Object[] {"run", tiny.resource("layers: 2", "layers: 4")},
            new Object[] {"train", tiny.resource("layers: 2", "layers: 4"), "--stage", "narrow"})) {
      Cli.Result result = Cli.run(command);
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.errorLines())
          .containsExactly(
              "spec.model.layers: 4 is not the 2 of " + tiny.checkpoint("narrow", 12) + KEPT);
    }
  }

  @Test
  void expansionOfAnEarlierStepIsNotTrained() {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Path wide = tiny.store().resolve("wide/expansion");
    Cli.Result expand =
        Cli.run(
            "expand",
            "--from",
            tiny.checkpoint("narrow", 8),
            "--to",
            wide,
            "--hidden-size",
            32,
            "--inner-size",
            16,
            "--rewarmup-steps",
            3);
    assertThat(expand.exitCode()).isZero();
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "spec.stages[1].expansion: one after step 12 is not the one after step 8 of "
                + wide
                + KEPT);
  }

  /** A longer narrow stage would not end with the checkpoint that was expanded. */
  @Test
  void expansionOfAnotherStepIsNotTrained() throws IOException {
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    delete(tiny.store().resolve("wide/checkpoints"));
    Cli.Result result =
        Cli.run(
            "run", tiny.resource("{name: narrow, tokens: 3072}", "{name: narrow, tokens: 6144}"));
    assertThat(result.exitCode()).isEqualTo(2);
    String narrow = " of " + tiny.checkpoint("narrow", 12) + KEPT;
    assertThat(result.errorLines())
        .containsExactly(
            "spec.stages: 9216 tokens in all is not the 6144 tokens in all" + narrow,
            "spec.stages[0].tokens: 6144 is not the 3072" + narrow);
    assertThat(tiny.store().resolve("wide/checkpoints")).doesNotExist();
  }

  @Test
  void settingsThatDoNotAffectResultsMayChangeDuringTheRun() {
    String last = lastLine(Cli.run("run", tiny.resource(), "--store", folder.resolve("other")));
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Cli.Result result =
        Cli.run(
            "run",
            tiny.resource(
                "checkpoints: {everySteps: 4, keepLast: 2}",
                "checkpoints: {everySteps: 5, keepLast: 1}",
                "evaluation: {everySteps: 4,",
                "evaluation: {everySteps: 3,",
                "  trainer:",
                "  retries: 7\n  trainer:"));
    assertThat(result.err()).isEmpty();
    assertThat(lastLine(result)).isEqualTo(last);
  }

  @Test
  void expansionOfAStageThatHasNotBegunMayChange() {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Cli.Result result =
        Cli.run(
            "run", tiny.resource("innerSize: 16, rewarmup: {steps: 3}", "rewarmup: {steps: 2}"));
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("expansion: hidden 16 to 32, inner 8 to 8");
  }

  /** The rates of the finished steps were computed from all tokens of the run. */
  @Test
  void editOfAStageThatHasNotBegunMustKeepTheTotalOfTokens() {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Cli.Result result =
        Cli.run(
            "run",
            tiny.resource("name: wide\n      tokens: 3072", "name: wide\n      tokens: 6144"));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "spec.stages: 9216 tokens in all is not the 6144 tokens in all of "
                + tiny.checkpoint("narrow", 12)
                + KEPT);
  }

  @Test
  void changedNumberOfThreadsIsAWarning() {
    Cli.run("train", tiny.resource(), "--stage", "narrow");
    Cli.Result result =
        Cli.run("run", tiny.resource("trainer: {threads: 2}", "trainer: {threads: 1}"));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains(
            "warning: threads: 1, and 2 when "
                + tiny.expansion()
                + " was written; results will differ in the last bits");
  }

  private static String lastLine(Cli.Result result) {
    return result.out().lines().toList().getLast();
  }

  private Map<Path, Long> files() {
    try (var all = Files.walk(tiny.store())) {
      Map<Path, Long> modified = new TreeMap<>();
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        modified.put(file, Files.getLastModifiedTime(file).toMillis());
      }
      modified.remove(tiny.store().resolve(".lock"));
      return modified;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path tree) throws IOException {
    try (var all = Files.walk(tree)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
