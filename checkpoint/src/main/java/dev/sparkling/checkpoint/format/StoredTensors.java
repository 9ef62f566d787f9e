package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads tensors sequentially, file by file, and hashes every byte. A local file is mapped; other
 * stores are read one window at a time, because a checkpoint has thousands of small tensors, such
 * as experts of a MiB each.
 */
final class StoredTensors implements TensorSequence {

  private static final long WINDOW_BYTES = 32L << 20;

  private final ObjectStore store;
  private final List<StoredObject> files;
  private final List<Optional<String>> digests;
  private final List<PlacedTensor> tensors;

  private int next;
  private @Nullable OpenFile open;

  /**
   * Prepares reading.
   *
   * @param digests expected SHA-256 of each file, if known
   * @param tensors tensors in the order of the files and of their bytes
   */
  StoredTensors(
      ObjectStore store,
      List<StoredObject> files,
      List<Optional<String>> digests,
      List<PlacedTensor> tensors) {
    this.store = store;
    this.files = files;
    this.digests = digests;
    this.tensors = tensors;
  }

  @Override
  public List<TensorSpec> tensors() {
    return tensors.stream().map(PlacedTensor::tensor).toList();
  }

  @Override
  public MemorySegment next() {
    if (next == tensors.size()) {
      throw new NoSuchElementException("all " + next + " tensors were read");
    }
    PlacedTensor tensor = tensors.get(next++);
    if (open == null || open.index != tensor.file()) {
      close();
      open = new OpenFile(tensor.file());
    }
    OpenFile file = open;
    MemorySegment values = file.read(tensor.offset(), tensor.tensor().bytes());
    boolean lastOfFile = next == tensors.size() || tensors.get(next).file() != tensor.file();
    if (lastOfFile) {
      file.finish();
    }
    return values;
  }

  @Override
  public void close() {
    if (open != null) {
      open.arena.close();
      open = null;
    }
  }

  private final class OpenFile {
    final int index;
    final StoredObject object;
    final Arena arena = Arena.ofShared();
    final Sha256 digest = new Sha256();

    /** The whole file if it is mapped, else a buffer for one window or one larger tensor. */
    final MemorySegment buffer;

    /** The part of the file that the buffer holds, which starts at {@code windowOffset}. */
    MemorySegment window;

    long windowOffset;
    long hashed;

    OpenFile(int index) {
      this.index = index;
      this.object = files.get(index);
      Optional<Path> local = store.file(object);
      this.buffer = local.map(this::map).orElseGet(() -> arena.allocate(largestRead(index)));
      this.window = local.isPresent() ? buffer : buffer.asSlice(0, 0);
    }

    /** Returns a contiguous part of the file, and hashes all bytes up to its end. */
    MemorySegment read(long offset, long bytes) {
      hash(offset);
      MemorySegment values = slice(offset, bytes);
      digest.update(values);
      hashed = offset + bytes;
      return values;
    }

    /** Hashes the rest of the file and checks the digest. */
    void finish() {
      hash(object.size());
      digests
          .get(index)
          .ifPresent(
              expected ->
                  CheckpointReader.checkDigest(
                      store.location(object.key()), expected, digest.hex()));
    }

    private long largestRead(int file) {
      return tensors.stream()
          .filter(tensor -> tensor.file() == file)
          .mapToLong(tensor -> tensor.tensor().bytes())
          .reduce(WINDOW_BYTES, Math::max);
    }

    private void hash(long end) {
      while (hashed < end) {
        long bytes = Math.min(WINDOW_BYTES, end - hashed);
        digest.update(slice(hashed, bytes));
        hashed += bytes;
      }
    }

    private MemorySegment slice(long offset, long bytes) {
      if (offset < windowOffset || offset + bytes > windowOffset + window.byteSize()) {
        window = buffer.asSlice(0, Math.min(buffer.byteSize(), object.size() - offset));
        windowOffset = offset;
        store.read(object, offset, window);
      }
      return window.asSlice(offset - windowOffset, bytes);
    }

    private MemorySegment map(Path file) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return channel.map(MapMode.READ_ONLY, 0, object.size(), arena);
      } catch (IOException e) {
        throw FileErrors.translate(file, e);
      }
    }
  }
}
