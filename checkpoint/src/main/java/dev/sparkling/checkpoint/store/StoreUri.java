package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.Optional;

/** A location of objects: {@code s3://bucket/prefix}, {@code file:path} or a plain path. */
public sealed interface StoreUri {

  /** A folder. */
  record Folder(Path path) implements StoreUri {
    @Override
    public Folder resolve(String relative) {
      return new Folder(path.resolve(relative));
    }

    @Override
    public Optional<StoreUri> parent() {
      return Optional.ofNullable(path.toAbsolutePath().normalize().getParent()).map(Folder::new);
    }

    @Override
    public String name() {
      Path last = path.toAbsolutePath().normalize().getFileName();
      return last == null ? "" : last.toString();
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** A prefix in a bucket, without leading or trailing slashes; may be empty. */
  record Bucket(String bucket, String prefix) implements StoreUri {
    @Override
    public Bucket resolve(String relative) {
      return new Bucket(bucket, prefix.isEmpty() ? relative : prefix + "/" + relative);
    }

    @Override
    public Optional<StoreUri> parent() {
      return prefix.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Bucket(bucket, prefix.substring(0, Math.max(0, prefix.lastIndexOf('/')))));
    }

    @Override
    public String name() {
      return prefix.substring(prefix.lastIndexOf('/') + 1);
    }

    @Override
    public String toString() {
      return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
  }

  /** Returns the location that contains this one; empty for a root. */
  Optional<StoreUri> parent();

  /** Returns the last name of the path or prefix; empty for a root. */
  String name();

  /** Returns the location of a key below this one. */
  StoreUri resolve(String relative);

  /**
   * Parses a location as a user writes it.
   *
   * @param name name of the argument or key that it comes from, for messages
   * @throws UserError if it is not a location, or cannot be the location of a store
   */
  static StoreUri parse(String name, String text) {
    return new StoreUriParser(name, text).parse();
  }
}
