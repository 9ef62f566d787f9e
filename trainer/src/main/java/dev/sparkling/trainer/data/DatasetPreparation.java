package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Turns text into a training and a validation dataset. Documents are held out as a whole, by a hash
 * of their name, so that adding inputs does not change the split. Duplicate texts are dropped, so
 * that no training document is also a validation document.
 */
public final class DatasetPreparation implements AutoCloseable {

  /** Number of documents that are tokenized in parallel. */
  private static final int BATCH_DOCUMENTS = 256;

  private static final int HASH_DIGITS = 8;
  private static final double HASH_RANGE = Math.pow(16, HASH_DIGITS);

  private final TextTokenizer tokenizer;
  private final double validationFraction;
  private final DatasetWriter training;
  private final DatasetWriter validation;
  private final List<Document> pending = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private long documents;
  private long duplicates;

  /**
   * The datasets that were written.
   *
   * @param duplicates documents that were left out because another one has the same text
   */
  public record PreparedDatasets(DatasetIndex training, DatasetIndex validation, long duplicates) {}

  /**
   * Starts a training and a validation dataset, which replace those in the stores when {@link #run}
   * succeeds.
   *
   * @param validationFraction share of the documents to hold out
   */
  public DatasetPreparation(
      TextTokenizer tokenizer,
      double validationFraction,
      ObjectStore trainingStore,
      ObjectStore validationStore) {
    this.tokenizer = tokenizer;
    this.validationFraction = validationFraction;
    this.training = new DatasetWriter(trainingStore, tokenizer);
    this.validation = new DatasetWriter(validationStore, tokenizer);
  }

  /**
   * Reads, cleans, tokenizes and writes all inputs. Datasets that are already in the stores are
   * replaced at the end, after everything else has succeeded.
   *
   * @param textField field of JSON lines, or column of Parquet, that holds the text
   * @param progress receives the number of documents so far, after each batch
   * @throws UserError if an input cannot be read, or a dataset would have no documents
   */
  public PreparedDatasets run(List<Path> inputs, String textField, Consumer<Long> progress) {
    DocumentSource.check(inputs);
    DocumentSource source = new DocumentSource(textField);
    for (Path input : inputs) {
      source.read(
          input,
          document -> {
            add(document);
            if (pending.size() == BATCH_DOCUMENTS) {
              tokenize();
              progress.accept(documents);
            }
          });
    }
    tokenize();
    if (training.documents() == 0 || validation.documents() == 0) {
      throw new UserError(
          "the inputs have "
              + training.documents()
              + " training and "
              + validation.documents()
              + " validation documents; at least one of each is needed: more text, or another"
              + " fraction to hold out");
    }
    training.finish();
    validation.finish();
    DatasetIndex trainingIndex = training.commit();
    DatasetIndex validationIndex = validation.commit();
    return new PreparedDatasets(trainingIndex, validationIndex, duplicates);
  }

  @Override
  public void close() {
    try (training) {
      validation.close();
    }
  }

  private void add(Document document) {
    if (document.text().isBlank()) {
      return;
    }
    if (!seen.add(Sha256.hex(document.text().getBytes(StandardCharsets.UTF_8)))) {
      duplicates++;
      return;
    }
    pending.add(document);
  }

  private void tokenize() {
    List<long[]> tokens = tokenizer.encode(pending.stream().map(Document::text).toList());
    for (int i = 0; i < pending.size(); i++) {
      Document document = pending.get(i);
      (isHeldOut(document.name()) ? validation : training).add(document, tokens.get(i));
    }
    documents += pending.size();
    pending.clear();
  }

  private boolean isHeldOut(String name) {
    String hash = Sha256.hex(name.getBytes(StandardCharsets.UTF_8)).substring(0, HASH_DIGITS);
    return Long.parseLong(hash, 16) / HASH_RANGE < validationFraction;
  }
}
