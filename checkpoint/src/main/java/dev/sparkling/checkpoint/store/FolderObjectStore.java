package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Stores objects as files below a folder, which is created with the first object. An object is
 * written to {@code .NAME.partial} in the same folder, flushed to disk and renamed. A partial file
 * that a killed process left is never listed, and the next attempt overwrites it. Symbolic links
 * are followed, because Hugging Face's cache consists of them.
 */
public final class FolderObjectStore implements ObjectStore {

  private static final String PARTIAL_SUFFIX = ".partial";

  /** Largest number of bytes per read, far below the int limit of buffers. */
  private static final long TRANSFER_BYTES = 64L << 20;

  private final Path root;

  public FolderObjectStore(Path root) {
    this.root = root;
  }

  @Override
  public String location(String key) {
    return (key.isEmpty() ? root : root.resolve(key)).toString();
  }

  @Override
  public Optional<StoredObject> find(String key) {
    Path file = root.resolve(Keys.check(key));
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return attributes.isRegularFile() ? Optional.of(object(key, attributes)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  @Override
  public List<StoredObject> list(String prefix) {
    List<StoredObject> objects = new ArrayList<>();
    walk(
        prefix,
        (file, attributes) -> {
          String key = key(file);
          if (key.startsWith(prefix) && !isHidden(file) && attributes.isRegularFile()) {
            objects.add(object(key, attributes));
          }
        });
    objects.sort(Comparator.comparing(StoredObject::key));
    return objects;
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    Path file = root.resolve(object.key());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      checkVersion(object, file);
      long done = UncachedRead.read(file, channel, offset, target);
      while (done < target.byteSize()) {
        ByteBuffer part = part(target, done);
        int count = channel.read(part, offset + done);
        if (count < 0) {
          throw new CorruptCheckpoint(
              file
                  + ": ends at byte "
                  + channel.size()
                  + "; bytes "
                  + offset
                  + " to "
                  + (offset + target.byteSize())
                  + " are expected");
        }
        done += count;
      }
    } catch (NoSuchFileException e) {
      throw new CorruptCheckpoint(file + ": was deleted after it was listed", e);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  @Override
  public ObjectUpload create(String key) {
    return new FileUpload(root.resolve(Keys.check(key)));
  }

  /**
   * {@inheritDoc}
   *
   * <p>File systems cannot compare and rename in one operation, so a lock excludes other processes
   * on file systems that have locks. Its modification time makes a version unique.
   */
  @Override
  public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
    Path file = root.resolve(Keys.check(key));
    try (FolderLock _ = FolderLock.await(root)) {
      Optional<StoredObject> now = find(key);
      if (!now.map(StoredObject::version).equals(expected)) {
        return Optional.empty();
      }
      try (FileUpload upload = new FileUpload(file)) {
        upload.write(MemorySegment.ofArray(bytes));
        upload.finish();
        upload.modifiedAfter(now.map(StoredObject::modified).orElse(Instant.MIN));
        upload.commit();
      }
      return find(key).map(StoredObject::version);
    }
  }

  @Override
  public void delete(String key) {
    Path file = root.resolve(Keys.check(key));
    try {
      if (Files.deleteIfExists(file)) {
        deleteEmptyFolders(file.getParent());
      }
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  @Override
  public int discardUnfinished(String prefix) {
    List<Path> partials = new ArrayList<>();
    walk(
        prefix,
        (file, attributes) -> {
          String name = file.getFileName().toString();
          if (isHidden(file) && name.endsWith(PARTIAL_SUFFIX) && attributes.isRegularFile()) {
            String key = name.substring(1, name.length() - PARTIAL_SUFFIX.length());
            if (key(file.resolveSibling(key)).startsWith(prefix)) {
              partials.add(file);
            }
          }
        });
    for (Path partial : partials) {
      try {
        Files.deleteIfExists(partial);
        deleteEmptyFolders(partial.getParent());
      } catch (IOException e) {
        throw FileErrors.translate(partial, e);
      }
    }
    return partials.size();
  }

  @Override
  public Optional<Path> file(StoredObject object) {
    return Optional.of(root.resolve(object.key()));
  }

  @Override
  public void close() {}

  private void checkVersion(StoredObject object, Path file) throws IOException {
    StoredObject now = object(object.key(), Files.readAttributes(file, BasicFileAttributes.class));
    if (!now.version().equals(object.version())) {
      throw new CorruptCheckpoint(
          file + ": was overwritten while it was being read; nothing else may write there");
    }
  }

  private static StoredObject object(String key, BasicFileAttributes attributes) {
    long modified = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    return new StoredObject(
        key,
        attributes.size(),
        attributes.size() + "-" + modified,
        attributes.lastModifiedTime().toInstant());
  }

  private static ByteBuffer part(MemorySegment bytes, long done) {
    return bytes.asSlice(done, Math.min(TRANSFER_BYTES, bytes.byteSize() - done)).asByteBuffer();
  }

  /** Removes empty folders, because an object store has none; a race with a writer is harmless. */
  private void deleteEmptyFolders(@Nullable Path folder) throws IOException {
    for (Path at = folder; at != null && !at.equals(root); at = at.getParent()) {
      try (var children = Files.list(at)) {
        if (children.findAny().isPresent()) {
          return;
        }
      }
      Files.deleteIfExists(at);
    }
  }

  /** Visits every file in the folder part of a prefix; links are followed. */
  private void walk(String prefix, BiConsumer<Path, BasicFileAttributes> files) {
    int slash = prefix.lastIndexOf('/');
    Path start = slash < 0 ? root : root.resolve(prefix.substring(0, slash));
    if (!Files.isDirectory(start)) {
      return;
    }
    try {
      Files.walkFileTree(
          start,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          Integer.MAX_VALUE,
          new Visitor(start, files));
    } catch (IOException e) {
      throw FileErrors.translate(start, e);
    }
  }

  private String key(Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  private static boolean isHidden(Path path) {
    Path name = path.getFileName();
    return name != null && name.toString().startsWith(".");
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path start;
    private final BiConsumer<Path, BasicFileAttributes> files;

    Visitor(Path start, BiConsumer<Path, BasicFileAttributes> files) {
      this.start = start;
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      return !folder.equals(start) && isHidden(folder)
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      files.accept(file, attributes);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException error) throws IOException {
      // Files in a loop of links are already listed under their own names.
      if (error instanceof NoSuchFileException || error instanceof FileSystemLoopException) {
        return FileVisitResult.CONTINUE;
      }
      throw error;
    }
  }

  private static final class FileUpload implements ObjectUpload {
    private final Path target;
    private final Path partial;
    private final SequentialFile file;
    private boolean committed;

    FileUpload(Path target) {
      this.target = target;
      this.partial = target.resolveSibling("." + target.getFileName() + PARTIAL_SUFFIX);
      try {
        Files.createDirectories(target.getParent());
        this.file = new SequentialFile(partial);
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }

    @Override
    public void write(MemorySegment bytes) {
      try {
        file.write(bytes);
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }

    @Override
    public void finish() {
      try {
        file.finish();
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }

    @Override
    public void commit() {
      finish();
      try {
        rename();
        try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
          folder.force(true);
        }
        committed = true;
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }

    /** Raises the modification time, which the clock of some file systems does not always do. */
    void modifiedAfter(Instant previous) {
      try {
        Instant now = Files.getLastModifiedTime(partial).toInstant();
        if (!now.isAfter(previous)) {
          Files.setLastModifiedTime(partial, FileTime.from(previous.plusMillis(1)));
        }
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }

    private void rename() throws IOException {
      try {
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        throw new IOException("the file system cannot rename atomically", e);
      }
    }

    @Override
    public void close() {
      if (committed) {
        return;
      }
      // Closing may fail on a full disk; the partial file is deleted anyway.
      try (file) {
        Files.deleteIfExists(partial);
      } catch (IOException e) {
        throw FileErrors.translate(target, e);
      }
    }
  }
}
