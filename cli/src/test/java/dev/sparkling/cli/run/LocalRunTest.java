package dev.sparkling.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.cli.TinyRun;
import dev.sparkling.cli.data.RunDatasets;
import dev.sparkling.cli.train.StageTraining;
import dev.sparkling.cli.train.StageTraining.DeviceChoice;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.worker.expand.StageExpansion;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunSession;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The local run carries out the stage machine's decisions and has no rules of its own. */
class LocalRunTest {

  @TempDir private Path folder;

  private final List<String> warnings = new ArrayList<>();
  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @Test
  void failedStageIsRetriedFromItsNewestCheckpoint() {
    assertThat(carryOut("retries: 1", failing(1))).isInstanceOf(Decision.Complete.class);
    assertThat(warnings)
        .contains(
            "narrow: attempt 1 of 2 failed, trying again: internal error:"
                + " java.lang.IllegalStateException: step 6");
    assertThat(tiny.checkpoint("wide", 24).resolve("manifest.json")).exists();
  }

  @Test
  void runFailsWithTheErrorOfTheStageOnceTheRetriesAreUsedUp() {
    assertThatThrownBy(() -> carryOut("retries: 1", failing(2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("step 6");
    assertThat(tiny.store().resolve("wide")).doesNotExist();
  }

  @Test
  void errorOfTheUserIsNotRetried() {
    TrainingListener listener =
        new Failing(
            1,
            step -> {
              throw new UserError("spec: step " + step);
            });
    assertThatThrownBy(() -> carryOut("retries: 5", listener))
        .isInstanceOf(UserError.class)
        .hasMessage("spec: step 6");
    assertThat(warnings).noneMatch(warning -> warning.contains("attempt"));
  }

  private TrainingListener failing(int times) {
    return new Failing(
        times,
        step -> {
          throw new IllegalStateException("step " + step);
        });
  }

  /** Fails at step 6, which is after the checkpoint of step 4. */
  private final class Failing implements TrainingListener {
    private final Function<Long, Void> failure;
    private int left;

    Failing(int times, Function<Long, Void> failure) {
      this.left = times;
      this.failure = failure;
    }

    @Override
    public void stepDone(Metrics.Step step) {
      if (step.step() == 6 && left > 0) {
        left--;
        failure.apply(step.step());
      }
    }

    @Override
    public void warning(String sentence) {
      warnings.add(sentence);
    }
  }

  private Decision carryOut(String retries, TrainingListener listener) {
    Path file = tiny.resource("  trainer:", "  " + retries + "\n  trainer:");
    PrintWriter out = new PrintWriter(new StringWriter());
    try (RunSession run = RunSession.open(Assignment.ofResource(file, "", null));
        RunDatasets datasets = Objects.requireNonNull(RunDatasets.open(run, out, () -> false))) {
      run.begin(Optional.empty());
      StageTraining training =
          new StageTraining(
              run, datasets, new DeviceChoice(Device.CPU, "--device"), listener, () -> false);
      StageExpansion expansion = new StageExpansion(run, () -> false, (_, _) -> {});
      return new LocalRun(run, training, expansion, out).carryOut(run.plan());
    }
  }
}
