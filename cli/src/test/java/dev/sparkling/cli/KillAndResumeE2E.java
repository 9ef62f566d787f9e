package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that was killed at any point ends with the same bits when it is run again. */
class KillAndResumeE2E {

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @Test
  void runEndsWithTheSameBitsAfterKillsAtEveryPoint() throws InterruptedException {
    // Large enough to take some seconds, so that there is time for a kill in each part.
    Path file =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 15360}",
            "tokens: 3072", "tokens: 15360",
            "hiddenSize: 16, innerSize: 8", "hiddenSize: 64, innerSize: 64",
            "hiddenSize: 32, innerSize: 16", "hiddenSize: 128, innerSize: 128");
    Cli.Result undisturbed =
        SparklingProcess.start(folder, Map.of(), "run", file, "--store", folder.resolve("a"))
            .await();
    assertThat(undisturbed.exitCode()).as(undisturbed.err()).isZero();

    Path store = folder.resolve("b");
    // At the start, before the first step, while a checkpoint is written, and so on.
    killWhenItPrints(file, store, "STAGE ");
    killWhenItPrints(file, store, "narrow: step 0 of");
    killWhenThereIs(file, store, "narrow/checkpoints", "step-00000008.*");
    killWhenItPrints(file, store, "narrow: checkpoint of step 32");
    killWhenItPrints(file, store, "wide: expanding");
    killWhenThereIs(file, store, "wide", "expansion.*/manifest.json");
    killWhenItPrints(file, store, "wide: step 60 of");
    killWhenThereIs(file, store, "wide/checkpoints", "step-00000084.*");
    killWhenItPrints(file, store, "wide: step 100 of");
    Cli.Result last =
        SparklingProcess.start(folder, Map.of(), "run", file, "--store", store).await();
    assertThat(last.exitCode()).as(last.err()).isZero();
    assertThat(lastLine(last))
        .startsWith("final validation loss ")
        .isEqualTo(lastLine(undisturbed));
    assertThat(lastManifest("b")).isEqualTo(lastManifest("a"));
  }

  @Test
  void killedPreparationIsRepeatedWithTheSameBytes() throws Exception {
    Path once = folder.resolve("once");
    Path again = folder.resolve("again");
    manyTexts();
    assertThat(prepare(once).await().exitCode()).isZero();
    for (int i = 0; i < 2; i++) {
      prepare(again).killWhen("begins a shard", () -> holdsFiles(again.resolve("train")));
      assertThat(again.resolve("train/dataset.json")).doesNotExist();
    }
    assertThat(prepare(again).await().exitCode()).isZero();
    for (String file : List.of("train/dataset.json", "validation/dataset.json")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(once.resolve(file));
    }
  }

  @Test
  void termSignalFinishesTheStepAndWritesACheckpoint() throws Exception {
    Path file =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}",
            "everySteps: 4, keepLast", "everySteps: 1000000, keepLast");
    SparklingProcess process = SparklingProcess.start(folder, Map.of(), "run", file);
    process.awaitOutput("narrow: step 8 of");
    process.terminate();
    Cli.Result result = process.await();
    assertThat(result.exitCode()).isEqualTo(143);
    assertThat(result.out()).contains("stopped; run again to resume");
    try (var checkpoints = Files.list(tiny.store().resolve("narrow/checkpoints"))) {
      assertThat(checkpoints).hasSize(1);
    }
  }

  @Test
  void secondProcessOnTheSameRunIsRefused() throws InterruptedException {
    Path file = tiny.resource("{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}");
    SparklingProcess first = SparklingProcess.start(folder, Map.of(), "run", file);
    first.awaitOutput("narrow: step 0 of");
    Cli.Result second = SparklingProcess.start(folder, Map.of(), "run", file).await();
    assertThat(second.exitCode()).isEqualTo(2);
    assertThat(second.err())
        .isEqualTo(
            tiny.store()
                + ": another process is working on this run; wait for it, or use another store\n");
    first.killWhen("still works", () -> true);
  }

  private void killWhenItPrints(Path file, Path store, String text) throws InterruptedException {
    SparklingProcess process =
        SparklingProcess.start(folder, Map.of(), "run", file, "--store", store);
    process.killWhen("prints '" + text + "'", () -> process.output().contains(text));
  }

  /**
   * Kills a run once a file exists.
   *
   * @param below folder in the store
   * @param file regular expression of the file, relative to this folder
   */
  private void killWhenThereIs(Path resource, Path store, String below, String file)
      throws InterruptedException {
    SparklingProcess.start(folder, Map.of(), "run", resource, "--store", store)
        .killWhen("writes " + file, () -> holds(store.resolve(below), file));
  }

  private static boolean holds(Path root, String file) {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files.anyMatch(found -> root.relativize(found).toString().matches(file));
    } catch (IOException | UncheckedIOException e) {
      return false; // a file was renamed or deleted meanwhile
    }
  }

  /** Adds enough text for a second of tokenizing, so that a kill comes before its end. */
  private void manyTexts() throws IOException {
    for (int i = 0; i < 200; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 2000; j++) {
        text.append("int number").append(i * 2000 + j).append(" = ").append(j * i).append(";\n");
      }
      Files.writeString(tiny.texts().resolve("Many" + i + ".java"), text);
    }
  }

  private static boolean holdsFiles(Path folder) {
    String[] files = folder.toFile().list();
    return files != null && files.length > 0;
  }

  private SparklingProcess prepare(Path output) {
    return SparklingProcess.start(folder, Map.of(), tiny.preparation(output));
  }

  private Optional<Manifest> lastManifest(String store) {
    ObjectStore run = new FolderObjectStore(folder.resolve(store));
    return CheckpointReader.open(
            run, RunCheckpoints.read(run).at("wide", 120).orElseThrow().folder())
        .manifest();
  }

  private static String lastLine(Cli.Result result) {
    return result.out().lines().toList().getLast();
  }
}
