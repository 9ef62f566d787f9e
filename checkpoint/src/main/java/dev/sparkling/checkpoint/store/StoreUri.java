package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  Pattern S3 = Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/+(.*?))?/*");

  /**
   * Reads a location as a user writes it.
   *
   * @param name of the argument or key that it comes from, for messages
   */
  static StoreUri parse(String name, String text) {
    Matcher s3 = S3.matcher(text);
    if (s3.matches()) {
      return new Bucket(s3.group(1), s3.group(2) == null ? "" : s3.group(2));
    }
    if (text.isBlank()) {
      throw new UserError(name + ": is empty; " + ALLOWED);
    }
    if (text.startsWith("file:")) {
      String path = text.startsWith("file:/") ? URI.create(text).getPath() : text.substring(5);
      return new Folder(Path.of(path));
    }
    if (text.contains("://")) {
      throw new UserError(name + ": '" + text + "' is not a location; " + ALLOWED);
    }
    return new Folder(Path.of(text));
  }

  String ALLOWED = "allowed: s3://bucket/prefix, file:path, a path";
}
