package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the process, run again it ends with the same bits. */
class KillAndResumeE2E {

  /** Between kills, so that they fall into all parts: start, steps, checkpoints, the expansion. */
  private static final long[] MILLIS = {600, 1100, 1500, 1900, 2300, 2700, 3100};

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @Test
  void killedAgainAndAgainTheRunEndsWithTheSameBits() throws InterruptedException {
    // Large enough for some seconds, so that kills meet every part of it.
    Path file =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600}",
            "tokens: 3072", "tokens: 25600",
            "hiddenSize: 16, innerSize: 8", "hiddenSize: 64, innerSize: 64",
            "hiddenSize: 32, innerSize: 16", "hiddenSize: 128, innerSize: 128");
    Cli.Result undisturbed =
        SparklingProcess.start(folder, Map.of(), "run", file, "--store", folder.resolve("a"))
            .await();
    assertThat(undisturbed.exitCode()).as(undisturbed.err()).isZero();

    int kills = 0;
    Cli.Result last = null;
    for (int attempt = 0; last == null; attempt++) {
      SparklingProcess process =
          SparklingProcess.start(folder, Map.of(), "run", file, "--store", folder.resolve("b"));
      // Ever longer, so that the run gets to its end although every start costs a second.
      long millis = MILLIS[attempt % MILLIS.length] + 400L * (attempt / MILLIS.length);
      if (process.killAfter(millis)) {
        kills++;
      } else {
        last = process.await();
      }
    }
    assertThat(last.exitCode()).as(last.err()).isZero();
    assertThat(kills).as("kills").isGreaterThan(3);
    assertThat(lastLine(last))
        .startsWith("final validation loss ")
        .isEqualTo(lastLine(undisturbed));
    assertThat(lastManifest("b")).isEqualTo(lastManifest("a"));
  }

  @Test
  void killedPreparationIsDoneAgainWithTheSameBytes() throws Exception {
    Path dataset = tiny.data().resolve("train/dataset.json");
    byte[] expected = Files.readAllBytes(dataset);
    Object[] command = {
      "data",
      "prepare",
      "--input",
      tiny.texts(),
      "--tokenizer",
      TinyRun.TOKENIZER,
      "--validation-fraction",
      "0.2",
      "--output",
      tiny.data()
    };
    for (long millis : new long[] {300, 600, 900}) {
      SparklingProcess.start(folder, Map.of(), command).killAfter(millis);
    }
    assertThat(SparklingProcess.start(folder, Map.of(), command).await().exitCode()).isZero();
    assertThat(Files.readAllBytes(dataset)).isEqualTo(expected);
  }

  @Test
  void termSignalEndsTheStepAndLeavesACheckpointOfIt() throws InterruptedException {
    Path file =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}",
            "everySteps: 4, keepLast", "everySteps: 1000000, keepLast");
    SparklingProcess process = SparklingProcess.start(folder, Map.of(), "run", file);
    while (!process.output().contains("narrow: step 8 of")) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    process.terminate();
    Cli.Result result = process.await();
    assertThat(result.exitCode()).isEqualTo(143);
    assertThat(result.out()).contains("stopped; run again to resume");
    try (var checkpoints = Files.list(tiny.store().resolve("narrow/checkpoints"))) {
      assertThat(checkpoints).hasSize(1);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void secondProcessOnTheSameRunIsTurnedAway() throws InterruptedException {
    Path file = tiny.resource("{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}");
    SparklingProcess first = SparklingProcess.start(folder, Map.of(), "run", file);
    while (!first.output().contains("narrow: step 0 of")) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    Cli.Result second = SparklingProcess.start(folder, Map.of(), "run", file).await();
    assertThat(second.exitCode()).isEqualTo(2);
    assertThat(second.err())
        .isEqualTo(
            tiny.store()
                + ": another process works on this run; wait for it, or use another store\n");
    assertThat(first.killAfter(1)).isTrue();
  }

  private Optional<Manifest> lastManifest(String store) {
    return CheckpointReader.open(
            new FolderObjectStore(folder.resolve(store)), "wide/checkpoints/step-00000200")
        .manifest();
  }

  private static String lastLine(Cli.Result result) {
    return result.out().lines().toList().getLast();
  }
}
