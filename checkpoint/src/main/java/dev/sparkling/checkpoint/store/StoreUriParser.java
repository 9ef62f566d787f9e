package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Parses locations, and rejects those that the file system or an S3 server would reject later. */
final class StoreUriParser {

  private static final String ALLOWED = "allowed: s3://bucket/prefix, file:path, a path";
  private static final String S3 = "s3:";
  private static final String FILE = "file:";
  private static final int SHORTEST_BUCKET = 3;
  private static final int LONGEST_BUCKET = 63;

  private final String name;
  private final String text;

  StoreUriParser(String name, String text) {
    this.name = name;
    this.text = text;
  }

  StoreUri parse() {
    if (text.isBlank()) {
      throw new UserError(name + ": is empty; " + ALLOWED);
    }
    if (text.regionMatches(true, 0, S3, 0, S3.length())) {
      return bucket();
    }
    if (text.startsWith(FILE)) {
      return new StoreUri.Folder(path(file()));
    }
    require(!text.contains("://"), "is not a location; " + ALLOWED);
    return new StoreUri.Folder(path(text));
  }

  /** Parses a bucket by Amazon's rules for bucket names. */
  private StoreUri.Bucket bucket() {
    require(text.startsWith("s3://"), "does not begin with s3://; " + ALLOWED);
    String place = text.substring("s3://".length());
    int slash = place.indexOf('/');
    String bucket = slash < 0 ? place : place.substring(0, slash);
    require(
        bucket.length() >= SHORTEST_BUCKET && bucket.length() <= LONGEST_BUCKET,
        "names a bucket of "
            + bucket.length()
            + " characters; allowed: "
            + SHORTEST_BUCKET
            + " to "
            + LONGEST_BUCKET);
    require(
        bucket.matches("[a-z0-9.-]+"),
        "names a bucket with characters other than a-z, 0-9, . and -");
    require(
        bucket.matches("[a-z0-9].*[a-z0-9]") && !bucket.matches(".*(\\.\\.|\\.-|-\\.).*"),
        "names a bucket with . or - at an end or next to a dot; each label begins and ends with a"
            + " letter or digit");
    require(!bucket.matches("[0-9.]+"), "names a bucket like an IP address, which is not allowed");
    String prefix = slash < 0 ? "" : place.substring(slash).replaceAll("^/+|/+$", "");
    for (String part : prefix.split("/", -1)) {
      require(prefix.isEmpty() || !part.isEmpty(), "has an empty name between slashes");
      require(!part.startsWith("."), "has a name that begins with a dot: '" + part + "'");
    }
    require(
        prefix.chars().noneMatch(Character::isISOControl), "has a control character in its names");
    return new StoreUri.Bucket(bucket, prefix);
  }

  /** Returns the path after {@code file:}, decoded if it is an absolute URI. */
  private String file() {
    String path = text.substring(FILE.length());
    require(!path.isBlank(), "names no file; " + ALLOWED);
    if (!path.startsWith("/")) {
      return path;
    }
    try {
      URI uri = new URI(text);
      require(
          uri.getAuthority() == null,
          "names the host " + uri.getAuthority() + "; allowed: file:path, file:///path");
      require(
          uri.getQuery() == null && uri.getFragment() == null,
          "has ? or #, which must be %3F and %23 in a URI");
      return uri.getPath();
    } catch (URISyntaxException e) {
      throw new UserError(
          "%s: '%s' is not a URI: %s at %d; write a space as %%20, or use a plain path"
              .formatted(name, text, e.getReason(), e.getIndex()),
          e);
    }
  }

  private Path path(String path) {
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      boolean ascii = path.chars().allMatch(character -> character < 128);
      throw new UserError(
          name
              + ": '"
              + text
              + "' cannot be a path: "
              + e.getReason()
              + (ascii ? "; " + ALLOWED : "; it needs a UTF-8 locale, such as LC_ALL=C.UTF-8"),
          e);
    }
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new UserError(name + ": '" + text + "' " + problem);
    }
  }
}
