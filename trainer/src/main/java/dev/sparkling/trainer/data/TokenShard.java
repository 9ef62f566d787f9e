package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.InvalidArrowFileException;
import org.apache.arrow.vector.ipc.SeekableReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowBlock;

/**
 * A memory-mapped Arrow file, read as the concatenated tokens of its documents. Arrow's own reader,
 * which would copy record batches, reads only the footer; the metadata of the batches locates the
 * tokens in the mapping. Source: the Arrow columnar format, "IPC File Format" and "RecordBatch
 * message".
 */
final class TokenShard {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Size of the continuation marker and length before a message's metadata. */
  private static final int MESSAGE_PREFIX = 8;

  private final Path file;
  private final List<TokenBatch> batches = new ArrayList<>();
  private long tokens;
  private long rows;

  /**
   * The tokens of one record batch.
   *
   * @param begin number of tokens before the batch in the shard
   * @param firstRow number of documents before the batch in the shard
   * @param offsets index of each document's first token among the values
   */
  private record TokenBatch(
      long begin, long count, long firstRow, MemorySegment values, MemorySegment offsets) {}

  private TokenShard(Path file) {
    this.file = file;
  }

  /**
   * Maps a shard.
   *
   * @param arena owner of the mapping
   * @throws CorruptCheckpoint if the file is not an Arrow file with a shard's columns
   */
  static TokenShard map(Path file, Arena arena) {
    TokenShard shard = new TokenShard(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        BufferAllocator allocator = new RootAllocator();
        ArrowFileReader reader = new ArrowFileReader(new SeekableReadChannel(channel), allocator)) {
      MemorySegment map = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      if (!reader.getVectorSchemaRoot().getSchema().equals(ShardSchema.SCHEMA)) {
        throw new CorruptCheckpoint(
            file
                + ": has the columns "
                + reader.getVectorSchemaRoot().getSchema()
                + "; expected "
                + ShardSchema.SCHEMA);
      }
      for (ArrowBlock block : reader.getRecordBlocks()) {
        shard.addBatch(map, block);
      }
      return shard;
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    } catch (InvalidArrowFileException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new CorruptCheckpoint(file + ": is not an Arrow file: " + e.getMessage(), e);
    }
  }

  long tokens() {
    return tokens;
  }

  /**
   * Copies tokens from {@code position} on and returns their number, which is below {@code count}
   * only at the end of the shard.
   */
  int copy(long position, long[] target, int offset, int count) {
    int copied = 0;
    while (copied < count && position + copied < tokens) {
      TokenBatch batch = batch(position + copied);
      long from = position + copied - batch.begin();
      int length = (int) Math.min(count - copied, batch.count() - from);
      for (int i = 0; i < length; i++) {
        target[offset + copied + i] = batch.values().getAtIndex(INT, from + i);
      }
      copied += length;
    }
    return copied;
  }

  /** Describes the position of a token as {@code FILE: row N}, for messages. */
  String describe(long position) {
    TokenBatch batch = batch(position);
    long row = 0;
    while ((row + 1) * Integer.BYTES < batch.offsets().byteSize()
        && batch.offsets().getAtIndex(INT, row + 1) <= position - batch.begin()) {
      row++;
    }
    return file + ": row " + (batch.firstRow() + row);
  }

  private TokenBatch batch(long position) {
    int low = 0;
    int high = batches.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (batches.get(middle).begin() <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return batches.get(low);
  }

  private void addBatch(MemorySegment map, ArrowBlock block) {
    ByteBuffer metadata =
        map.asSlice(block.getOffset() + MESSAGE_PREFIX, block.getMetadataLength() - MESSAGE_PREFIX)
            .asByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    Message message = Message.getRootAsMessage(metadata);
    RecordBatch batch = new RecordBatch();
    if (message.headerType() != MessageHeader.RecordBatch
        || message.header(batch) == null
        || batch.compression() != null) {
      throw new CorruptCheckpoint(
          file + ": has a compressed record batch or a dictionary; a shard must have neither");
    }
    MemorySegment body =
        map.asSlice(block.getOffset() + block.getMetadataLength(), block.getBodyLength());
    long count = batch.nodes(ShardSchema.VALUES_NODE).length();
    MemorySegment values = buffer(body, batch, ShardSchema.VALUES_BUFFER);
    MemorySegment offsets = buffer(body, batch, ShardSchema.OFFSETS_BUFFER);
    if (values.byteSize() < count * Integer.BYTES) {
      throw new CorruptCheckpoint(
          file + ": a batch has " + values.byteSize() + " bytes for " + count + " tokens");
    }
    batches.add(new TokenBatch(tokens, count, rows, values, offsets));
    tokens += count;
    rows += batch.length();
  }

  private static MemorySegment buffer(MemorySegment body, RecordBatch batch, int index) {
    return body.asSlice(batch.buffers(index).offset(), batch.buffers(index).length());
  }
}
