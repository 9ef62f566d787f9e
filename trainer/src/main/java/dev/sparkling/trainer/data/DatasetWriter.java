package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.trainer.data.DatasetIndex.Shard;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes documents as a dataset: shards, tokenizer, and the index last. */
final class DatasetWriter implements AutoCloseable {

  /** Tokens of a shard: 256 MiB. */
  private static final long SHARD_TOKENS = 64L << 20;

  private final ObjectStore store;
  private final TextTokenizer tokenizer;
  private final TokenCounts counts;
  private final List<Shard> shards = new ArrayList<>();
  private @Nullable ShardWriter writer;
  private String file = "";
  private long shardDocuments;
  private long shardTokens;
  private long utf8Bytes;
  private boolean committed;

  /** Begins a dataset; one that stood in the folder is removed, its index first. */
  DatasetWriter(ObjectStore store, TextTokenizer tokenizer) {
    this.store = store;
    this.tokenizer = tokenizer;
    this.counts = new TokenCounts(tokenizer.vocabularySize());
    store.delete(DatasetIndex.NAME);
    removeFiles();
  }

  void add(Document document, long[] tokens) {
    ShardWriter shard = writer == null ? begin() : writer;
    int[] ended = new int[tokens.length + 1];
    for (int i = 0; i < tokens.length; i++) {
      ended[i] = Math.toIntExact(tokens[i]);
      counts.add(ended[i]);
    }
    ended[tokens.length] = tokenizer.separator();
    counts.add(tokenizer.separator());
    shard.add(document.name(), ended);
    shardDocuments++;
    shardTokens += ended.length;
    utf8Bytes += document.text().getBytes(StandardCharsets.UTF_8).length;
    if (shardTokens >= SHARD_TOKENS) {
      end();
    }
  }

  /** Documents so far. */
  long documents() {
    return shardDocuments + shards.stream().mapToLong(Shard::documents).sum();
  }

  /** Ends the last shard and writes the index: now the dataset exists. */
  DatasetIndex commit() {
    end();
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
    if (writer != null) {
      writer.close();
    }
    if (!committed) {
      removeFiles();
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
    String sha256 = writer.commit();
    shards.add(new Shard(file, shardDocuments, shardTokens, writer.bytes(), sha256));
    writer.close();
    writer = null;
    shardDocuments = 0;
    shardTokens = 0;
  }

  private void removeFiles() {
    for (StoredObject object : store.list("shard-")) {
      store.delete(object.key());
    }
    store.delete(DatasetIndex.TOKENIZER);
  }
}
