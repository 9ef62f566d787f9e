package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.trainer.data.DatasetIndex;
import dev.sparkling.trainer.data.DatasetPreparation;
import dev.sparkling.trainer.data.TextTokenizer;
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

/** Prepares datasets and says what it made. */
final class DataPreparer {

  static final String SEPARATOR = "<|endoftext|>";
  static final String TEXT_FIELD = "text";

  private static final long PROGRESS_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintWriter out;
  private final BooleanSupplier stopRequested;
  private long lastProgress;

  /** Ends a preparation from within; what was written of it has no index, so it does not exist. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  DataPreparer(PrintWriter out, BooleanSupplier stopRequested) {
    this.out = out;
    this.stopRequested = stopRequested;
  }

  /** Fetches what a recipe lists, and prepares it; false where asked to stop before the end. */
  boolean prepare(Path recipeFile, String trainingUri, String validationUri) {
    DatasetRecipe recipe = DatasetRecipe.read(recipeFile);
    out.printf("data: fetching %d sources jars with Maven%n", recipe.mavenSources().size());
    out.flush();
    Path folder = temporaryFolder();
    try {
      Optional<List<Path>> jars =
          MavenFetch.fetch(recipe.mavenSources(), folder, recipeFile, stopRequested);
      return jars.isPresent()
          && prepare(
              jars.get(),
              recipeFile.resolveSibling(recipe.tokenizer()),
              SEPARATOR,
              TEXT_FIELD,
              recipe.validationFraction(),
              trainingUri,
              validationUri);
    } finally {
      delete(folder);
    }
  }

  /** Prepares texts; false where asked to stop before the end. */
  boolean prepare(
      List<Path> inputs,
      Path tokenizerFile,
      String separator,
      String textField,
      double validationFraction,
      String trainingUri,
      String validationUri) {
    long begin = System.nanoTime();
    lastProgress = begin;
    if (stopRequested.getAsBoolean()) {
      return false;
    }
    StoreUri training = StoreUri.parse("--output", trainingUri);
    StoreUri validation = StoreUri.parse("--output", validationUri);
    try (TextTokenizer tokenizer = TextTokenizer.open(tokenizerFile, separator);
        ObjectStore trainingStore = Arguments.open(training);
        ObjectStore validationStore = Arguments.open(validation);
        DatasetPreparation preparation =
            new DatasetPreparation(tokenizer, validationFraction, trainingStore, validationStore)) {
      DatasetPreparation.Result result = preparation.run(inputs, textField, this::progress);
      out.printf(
          Locale.ROOT,
          "data: prepared in %.1f s, %d duplicate documents left out%n",
          (System.nanoTime() - begin) / 1e9,
          result.duplicates());
      describe("train", result.training(), training);
      describe("validation", result.validation(), validation);
      return true;
    } catch (Stopped _) {
      return false;
    }
  }

  private void progress(long documents) {
    if (stopRequested.getAsBoolean()) {
      throw new Stopped();
    }
    if (System.nanoTime() - lastProgress > PROGRESS_EVERY_NANOS) {
      lastProgress = System.nanoTime();
      out.printf("data: %s documents so far%n", Format.count(documents));
      out.flush();
    }
  }

  private void describe(String name, DatasetIndex index, StoreUri uri) {
    out.printf(
        Locale.ROOT,
        "data: %-10s %s documents, %s, %s tokens, unigram entropy %s nats, in %s%n",
        name,
        Format.count(index.documents()),
        Format.bytes(index.utf8Bytes()),
        Format.count(index.tokens()),
        Format.loss(index.unigramEntropy()),
        uri);
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
