package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;

/** Where objects are: {@code s3://bucket/prefix}, {@code file:path} or a plain path. */
public sealed interface StoreUri {

  /** A folder. */
  record Folder(Path path) implements StoreUri {
    @Override
    public Folder resolve(String relative) {
      return new Folder(path.resolve(relative));
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** A prefix in a bucket; without slashes at its ends, possibly empty. */
  record Bucket(String bucket, String prefix) implements StoreUri {
    @Override
    public Bucket resolve(String relative) {
      return new Bucket(bucket, prefix.isEmpty() ? relative : prefix + "/" + relative);
    }

    @Override
    public String toString() {
      return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
  }

  /** The place below this one; {@code relative} is a key. */
  StoreUri resolve(String relative);

  /**
   * Reads a location as a user writes it.
   *
   * @param name of the argument or key that it comes from, for messages
   * @throws UserError where it is none, or names what no store can hold
   */
  static StoreUri parse(String name, String text) {
    return new StoreUriParser(name, text).parse();
  }
}
