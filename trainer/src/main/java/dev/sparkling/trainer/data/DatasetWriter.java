package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.trainer.data.DatasetIndex.Shard;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes documents as a dataset: shards, tokenizer, and the index last. An existing dataset stays
 * intact until {@link #commit}; errors in the text are found before that.
 */
final class DatasetWriter implements AutoCloseable {

  /** Number of tokens at which a shard ends (256 MiB). */
  private static final long SHARD_TOKENS = 64L << 20;

  private static final Pattern SHARD = Pattern.compile("shard-\\d{5}\\.arrow");

  private final ObjectStore store;
  private final TextTokenizer tokenizer;
  private final TokenCounts counts;
  private final List<Shard> shards = new ArrayList<>();
  private final List<ShardWriter> ended = new ArrayList<>();
  private @Nullable ShardWriter writer;
  private String file = "";
  private long shardDocuments;
  private long shardTokens;
  private long utf8Bytes;
  private boolean replacing;
  private boolean committed;

  /** Starts a dataset, and discards what an interrupted writer left in the store. */
  DatasetWriter(ObjectStore store, TextTokenizer tokenizer) {
    this.store = store;
    this.tokenizer = tokenizer;
    this.counts = new TokenCounts(tokenizer.vocabularySize());
    store.discardUnfinished("shard-");
  }

  void add(Document document, long[] tokens) {
    ShardWriter shard = writer == null ? begin() : writer;
    int[] row = new int[tokens.length + 1];
    for (int i = 0; i < tokens.length; i++) {
      row[i] = Math.toIntExact(tokens[i]);
      counts.add(row[i]);
    }
    row[tokens.length] = tokenizer.separator();
    counts.add(tokenizer.separator());
    shard.add(document.name(), row);
    shardDocuments++;
    shardTokens += row.length;
    utf8Bytes += document.text().getBytes(StandardCharsets.UTF_8).length;
    if (shardTokens >= SHARD_TOKENS) {
      end();
    }
  }

  /** Number of documents so far. */
  long documents() {
    return shardDocuments + shards.stream().mapToLong(Shard::documents).sum();
  }

  /** Completes the last shard; only {@link #commit} remains. */
  void finish() {
    end();
  }

  /**
   * Publishes the dataset. An existing one is replaced: its index is deleted first, and the new one
   * is written last.
   */
  DatasetIndex commit() {
    end();
    replacing = true;
    store.delete(DatasetIndex.NAME);
    removeFiles();
    ended.forEach(ShardWriter::commit);
    store.write(DatasetIndex.TOKENIZER, tokenizer.json());
    DatasetIndex index =
        new DatasetIndex(
            DatasetIndex.FORMAT,
            DatasetIndex.VERSION,
            tokenizer.fingerprint(),
            tokenizer.vocabularySize(),
            tokenizer.separator(),
            documents(),
            shards.stream().mapToLong(Shard::tokens).sum(),
            utf8Bytes,
            counts.entropy(),
            shards);
    store.write(DatasetIndex.NAME, index.encode());
    committed = true;
    return index;
  }

  @Override
  public void close() {
    try {
      closeAll();
    } finally {
      if (replacing && !committed) {
        removeFiles();
      }
    }
  }

  private void closeAll() {
    List<ShardWriter> open = new ArrayList<>(ended);
    if (writer != null) {
      open.add(writer);
    }
    closeFrom(open, 0);
  }

  /** Closes all writers from {@code first} on, even if closing one fails. */
  private static void closeFrom(List<ShardWriter> open, int first) {
    if (first < open.size()) {
      try (ShardWriter _ = open.get(first)) {
        closeFrom(open, first + 1);
      }
    }
  }

  private ShardWriter begin() {
    file = String.format(Locale.ROOT, "shard-%05d.arrow", shards.size());
    ShardWriter shard = new ShardWriter(store, file);
    writer = shard;
    return shard;
  }

  private void end() {
    if (writer == null) {
      return;
    }
    String sha256 = writer.end();
    shards.add(new Shard(file, shardDocuments, shardTokens, writer.bytes(), sha256));
    ended.add(writer);
    writer = null;
    shardDocuments = 0;
    shardTokens = 0;
  }

  private void removeFiles() {
    store.list("shard-").stream()
        .map(StoredObject::key)
        .filter(key -> SHARD.matcher(key).matches())
        .forEach(store::delete);
    store.delete(DatasetIndex.TOKENIZER);
  }
}
