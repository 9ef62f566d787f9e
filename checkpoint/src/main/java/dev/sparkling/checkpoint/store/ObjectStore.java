package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Stores objects, which are bytes under a key. A key is a path of non-empty names joined by {@code
 * /}, relative to the store's root; no name begins with a dot.
 *
 * <p>Writes are atomic: readers never see an object that is being written. The last writer of a key
 * wins. Implementations are thread-safe.
 *
 * <p>Every method throws {@link UserError} for errors that the user must fix (credentials, bucket,
 * permissions, a full disk), and {@link TransientError} for errors that may be temporary, after its
 * own retries.
 */
public interface ObjectStore extends AutoCloseable {

  /** Returns the key as a user would write it, a path or an {@code s3://} URI, for messages. */
  String location(String key);

  /** Finds the current object under the key. */
  Optional<StoredObject> find(String key);

  /** Lists all objects whose key starts with the prefix, sorted by key. */
  List<StoredObject> list(String prefix);

  /**
   * Fills {@code target} with the object's bytes, starting at {@code offset}.
   *
   * @throws CorruptCheckpoint if the object ends before the target is full, or was deleted or
   *     overwritten after {@link #find} or {@link #list} returned it
   */
  void read(StoredObject object, long offset, MemorySegment target);

  /** Starts writing an object, which exists once {@link ObjectUpload#commit} returns. */
  ObjectUpload create(String key);

  /**
   * Starts writing an object, or resumes an interrupted upload if the store kept its parts. The
   * bytes must be the same as in the earlier attempt; stored parts are compared and not sent again.
   * Parts that are neither committed nor {@link #discardUnfinished discarded} are kept for the next
   * attempt.
   */
  default ObjectUpload resume(String key) {
    return create(key);
  }

  /**
   * Writes a whole small object if the key still has the expected version: of several writers that
   * expect the same version, only one succeeds. A writer whose process was stopped meanwhile is
   * refused as well, because the store compares and writes in one operation.
   *
   * @param expected version of the object to replace; empty if there must be no object
   * @return version of the written object; empty if the key has another version or, although a
   *     version is expected, no object
   */
  Optional<String> replace(String key, Optional<String> expected, byte[] bytes);

  /** Removes the object; does nothing if there is none. */
  void delete(String key);

  /**
   * Removes unfinished uploads below the prefix. Nothing may be writing there.
   *
   * @return number of removed uploads
   */
  int discardUnfinished(String prefix);

  /**
   * Returns the local file that holds the object, for memory mapping; empty if the store has no
   * local files.
   */
  default Optional<Path> file(StoredObject object) {
    return Optional.empty();
  }

  /**
   * Returns the object under the key.
   *
   * @throws UserError if there is none
   */
  default StoredObject get(String key) {
    return find(key)
        .orElseThrow(() -> new UserError(location(key) + ": does not exist; a file is expected"));
  }

  /** Reads a whole small object. */
  default byte[] readAll(StoredObject object) {
    byte[] bytes = new byte[Math.toIntExact(object.size())];
    read(object, 0, MemorySegment.ofArray(bytes));
    return bytes;
  }

  /**
   * Reads a whole small object that may be overwritten at any time.
   *
   * @param decode decodes a version of the object and its bytes
   * @return the decoded object; empty if there is none
   */
  default <T> Optional<T> readCurrent(String key, BiFunction<StoredObject, byte[], T> decode) {
    while (true) {
      Optional<StoredObject> found = find(key);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      byte[] bytes;
      try {
        bytes = readAll(found.get());
      } catch (CorruptCheckpoint e) {
        if (find(key).equals(found)) {
          throw e;
        }
        continue; // overwritten or deleted meanwhile
      }
      return Optional.of(decode.apply(found.get(), bytes));
    }
  }

  /** Writes a whole small object. */
  default void write(String key, byte[] bytes) {
    try (ObjectUpload upload = create(key)) {
      upload.write(MemorySegment.ofArray(bytes));
      upload.commit();
    }
  }

  @Override
  void close();
}
