package dev.sparkling.cli.data;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.trainer.data.DatasetIndex;
import dev.sparkling.trainer.data.DatasetPreparation;
import dev.sparkling.trainer.data.TextTokenizer;
import dev.sparkling.worker.text.Format;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Prepares the training and validation datasets, and prints their statistics. */
final class DataPreparer {

  static final String TEXT_FIELD = "text";

  private static final long PROGRESS_INTERVAL_NANOS = Duration.ofSeconds(5).toNanos();

  private final ObjectStore trainingStore;
  private final ObjectStore validationStore;
  private final PrintWriter out;
  private final BooleanSupplier stopRequested;
  private long lastProgress;

  /**
   * The text and the settings of its preparation.
   *
   * @param inputs files, folders, zips and jars
   * @param tokenizer path of the {@code tokenizer.json}
   * @param separator token that ends a document
   * @param textField field of JSON lines, or column of Parquet, with the text of a document
   * @param validationFraction share of documents to hold out, 0 to 1
   */
  record SourceText(
      List<Path> inputs,
      Path tokenizer,
      String separator,
      String textField,
      double validationFraction) {}

  /** Ends a preparation early; this leaves no new dataset, because the index is written last. */
  private static final class PreparationStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  DataPreparer(
      ObjectStore trainingStore,
      ObjectStore validationStore,
      PrintWriter out,
      BooleanSupplier stopRequested) {
    this.trainingStore = trainingStore;
    this.validationStore = validationStore;
    this.out = out;
    this.stopRequested = stopRequested;
  }

  /**
   * Fetches and prepares the text of a recipe.
   *
   * @return false if a stop was requested before the datasets were complete
   */
  boolean prepareRecipe(Path recipeFile) {
    DatasetRecipe recipe = DatasetRecipe.read(recipeFile);
    out.printf("data: fetching %d sources jars with Maven%n", recipe.mavenSources().size());
    out.flush();
    Path folder = temporaryFolder();
    try {
      Optional<List<Path>> jars =
          MavenFetch.fetch(recipe.mavenSources(), folder, recipeFile, stopRequested);
      return jars.isPresent()
          && prepare(
              new SourceText(
                  jars.get(),
                  recipeFile.resolveSibling(recipe.tokenizer()),
                  DataCommand.SEPARATOR,
                  TEXT_FIELD,
                  recipe.validationFraction()));
    } finally {
      delete(folder);
    }
  }

  /**
   * Prepares text.
   *
   * @return false if a stop was requested before the datasets were complete
   */
  boolean prepare(SourceText text) {
    long begin = System.nanoTime();
    lastProgress = begin;
    if (stopRequested.getAsBoolean()) {
      return false;
    }
    try (TextTokenizer tokenizer = TextTokenizer.open(text.tokenizer(), text.separator());
        DatasetPreparation preparation =
            new DatasetPreparation(
                tokenizer, text.validationFraction(), trainingStore, validationStore)) {
      DatasetPreparation.PreparedDatasets result =
          preparation.run(text.inputs(), text.textField(), this::progress);
      out.printf(
          Locale.ROOT,
          "data: prepared in %.1f s, skipped %d duplicate documents%n",
          (System.nanoTime() - begin) / 1e9,
          result.duplicates());
      describe("train", result.training(), trainingStore);
      describe("validation", result.validation(), validationStore);
      return true;
    } catch (PreparationStopped _) {
      return false;
    }
  }

  private void progress(long documents) {
    if (stopRequested.getAsBoolean()) {
      throw new PreparationStopped();
    }
    if (System.nanoTime() - lastProgress > PROGRESS_INTERVAL_NANOS) {
      lastProgress = System.nanoTime();
      out.printf("data: %s documents so far%n", Format.count(documents));
      out.flush();
    }
  }

  private void describe(String name, DatasetIndex index, ObjectStore store) {
    out.printf(
        Locale.ROOT,
        "data: %-10s %s documents, %s, %s tokens, unigram entropy %s nats, in %s%n",
        name,
        Format.count(index.documents()),
        Format.bytes(index.utf8Bytes()),
        Format.count(index.tokens()),
        Format.loss(index.unigramEntropy()),
        store.location(""));
    out.flush();
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("sparkling-sources");
    } catch (IOException e) {
      throw FileErrors.translate(Path.of(System.getProperty("java.io.tmpdir")), e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw FileErrors.translate(folder, e);
    }
  }
}
