package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;

/** Writes one Arrow IPC file of tokenized documents. */
final class ShardWriter implements AutoCloseable {

  /**
   * Maximum number of tokens of a record batch (4 MiB) unless one document has more; large, so that
   * a shard has few batches.
   */
  private static final int BATCH_TOKENS = 1 << 20;

  private final ObjectUpload upload;
  private final Sha256 digest = new Sha256();
  private final BufferAllocator allocator = new RootAllocator();
  private final VectorSchemaRoot root;
  private final ListVector tokens;
  private final IntVector values;
  private final VarCharVector names;
  private final ArrowFileWriter writer;
  private boolean closed;
  private long bytes;
  private int rows;
  private int batchTokens;

  ShardWriter(ObjectStore store, String key) {
    upload = store.create(key);
    root = VectorSchemaRoot.create(ShardSchema.SCHEMA, allocator);
    tokens = (ListVector) root.getVector(ShardSchema.TOKENS);
    values = (IntVector) tokens.getDataVector();
    names = (VarCharVector) root.getVector(ShardSchema.DOCUMENT);
    writer = new ArrowFileWriter(root, null, new UploadChannel());
  }

  /** Appends a document; {@code documentTokens} ends with the separator. */
  void add(String name, int[] documentTokens) {
    if (batchTokens > 0 && batchTokens + documentTokens.length > BATCH_TOKENS) {
      flush();
    }
    tokens.startNewValue(rows);
    for (int token : documentTokens) {
      values.setSafe(batchTokens++, token);
    }
    tokens.endValue(rows, documentTokens.length);
    names.setSafe(rows, name.getBytes(StandardCharsets.UTF_8));
    rows++;
  }

  /** Completes the file and returns its SHA-256. {@link #commit} makes the file visible. */
  String end() {
    flush();
    try {
      writer.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    upload.finish();
    closeVectors();
    return digest.hex();
  }

  void commit() {
    upload.commit();
  }

  /** Returns the size of the completed file. */
  long bytes() {
    return bytes;
  }

  /**
   * Closes the upload. What is written after that is discarded: Arrow writes the footer when it is
   * closed, which would fail again if the disk is full.
   */
  @Override
  public void close() {
    closed = true;
    try {
      upload.close();
    } finally {
      closeVectors();
    }
  }

  private void closeVectors() {
    try (allocator;
        root) {
      writer.close();
    }
  }

  private void flush() {
    if (rows == 0) {
      return;
    }
    values.setValueCount(batchTokens);
    root.setRowCount(rows);
    try {
      writer.writeBatch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    root.clear();
    rows = 0;
    batchTokens = 0;
  }

  private final class UploadChannel implements WritableByteChannel {
    @Override
    public int write(ByteBuffer source) {
      int count = source.remaining();
      if (closed) {
        source.position(source.limit());
        return count;
      }
      byte[] copy = new byte[count];
      source.get(copy);
      MemorySegment segment = MemorySegment.ofArray(copy);
      upload.write(segment);
      digest.update(segment);
      bytes += count;
      return count;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    /** Does nothing: {@link ShardWriter#close} closes the upload. */
    @Override
    public void close() {}
  }
}
