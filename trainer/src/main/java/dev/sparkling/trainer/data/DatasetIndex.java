package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code dataset.json}, the index of a dataset. It is written last, so that a folder with an index
 * is complete.
 *
 * @param format {@value #FORMAT}
 * @param version version of the format
 * @param tokenizer SHA-256 of the {@code tokenizer.json} in the same folder
 * @param vocabularySize largest token id plus 1
 * @param separator id of the token that ends every document
 * @param documents number of documents in all shards
 * @param tokens number of tokens in all shards, separators included
 * @param utf8Bytes size of the text in UTF-8
 * @param unigramEntropy entropy of the token frequencies in nats per token, the loss of a model
 *     that knows only these frequencies
 */
public record DatasetIndex(
    String format,
    int version,
    String tokenizer,
    int vocabularySize,
    int separator,
    long documents,
    long tokens,
    long utf8Bytes,
    double unigramEntropy,
    List<Shard> shards) {

  public static final String NAME = "dataset.json";
  public static final String TOKENIZER = "tokenizer.json";
  static final String FORMAT = "sparkling-dataset";
  static final int VERSION = 1;

  public DatasetIndex {
    shards = List.copyOf(shards);
    check(vocabularySize > 0, "vocabularySize " + vocabularySize + " is not above 0");
    check(
        separator >= 0 && separator < vocabularySize,
        "separator " + separator + " is not in the vocabulary of " + vocabularySize);
    check(utf8Bytes >= 0, "utf8Bytes " + utf8Bytes + " is negative");
    long allDocuments = shards.stream().mapToLong(Shard::documents).sum();
    check(
        documents == allDocuments, "documents " + documents + "; its shards have " + allDocuments);
    long allTokens = shards.stream().mapToLong(Shard::tokens).sum();
    check(tokens == allTokens, "tokens " + tokens + "; its shards have " + allTokens);
  }

  private static void check(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /**
   * An Arrow file.
   *
   * @param documents number of documents
   * @param tokens number of tokens
   * @param size bytes of the file
   */
  public record Shard(String file, long documents, long tokens, long size, String sha256) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

    public Shard {
      check(NAME.matcher(file).matches(), "file '" + file + "' is not a shard's name");
      check(
          documents >= 0 && tokens >= 0 && size >= 0,
          "documents %d, tokens %d and size %d must not be negative"
              .formatted(documents, tokens, size));
      check(
          sha256.matches("[0-9a-f]{64}"),
          "sha256 '" + sha256 + "' is not 64 lower-case hexadecimal digits");
    }
  }

  byte[] encode() {
    return FormatJson.encode(this);
  }

  static DatasetIndex decode(String location, byte[] bytes) {
    DatasetIndex index = FormatJson.decode(location, bytes, DatasetIndex.class);
    if (!FORMAT.equals(index.format()) || index.version() != VERSION) {
      throw new CorruptCheckpoint(
          location
              + ": format "
              + index.format()
              + " version "
              + index.version()
              + "; this version reads "
              + FORMAT
              + " version "
              + VERSION);
    }
    return index;
  }
}
