package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Bytes under keys. A key is a path of non-empty names joined by {@code /}, relative to the store's
 * root; no name is {@code .} or {@code ..} or begins with a dot.
 *
 * <p>An object appears whole or not at all: readers never see one that is being written. The last
 * writer of a key wins. All methods may be called from several threads.
 *
 * <p>Every method throws {@link UserError} for what a user must mend (credentials, bucket,
 * permissions, a full disk), {@link TransientError} after its own retries for what may pass.
 */
public interface ObjectStore extends AutoCloseable {

  /** The key as a user would write it: a path or an {@code s3://} URI. For messages. */
  String location(String key);

  /** The object under the key now, if there is one. */
  Optional<StoredObject> find(String key);

  /**
   * All objects whose key begins with the prefix, sorted by key; the prefix need not end a name.
   */
  List<StoredObject> list(String prefix);

  /**
   * Fills {@code target} with the object's bytes from {@code offset} on.
   *
   * @throws CorruptCheckpoint where the object ends before the target is full, is gone, or is not
   *     the one that {@link #find} or {@link #list} saw
   */
  void read(StoredObject object, long offset, MemorySegment target);

  /** Begins to write an object, which exists once {@link ObjectUpload#commit} returns. */
  ObjectUpload create(String key);

  /**
   * Begins to write an object, or goes on where a process that did so was killed or stopped, if the
   * store kept what was sent. The bytes must be the ones of then; those that are there already are
   * compared and not sent again. What is neither committed nor {@link #discardUnfinished discarded}
   * stays for the next time.
   */
  default ObjectUpload resume(String key) {
    return create(key);
  }

  /** Removes the object; does nothing where there is none. */
  void delete(String key);

  /**
   * Removes what uploads below the prefix left that were neither committed nor closed, because
   * their process was killed. Nothing else may be writing there.
   *
   * @return how many there were
   */
  int discardUnfinished(String prefix);

  /** The file that holds the object, where the store is a folder: it can be mapped into memory. */
  default Optional<Path> file(StoredObject object) {
    return Optional.empty();
  }

  /** The object under the key; {@link UserError} where there is none. */
  default StoredObject get(String key) {
    return find(key)
        .orElseThrow(() -> new UserError(location(key) + ": does not exist; a file is expected"));
  }

  /** A whole small object. */
  default byte[] readAll(StoredObject object) {
    byte[] bytes = new byte[Math.toIntExact(object.size())];
    read(object, 0, MemorySegment.ofArray(bytes));
    return bytes;
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
