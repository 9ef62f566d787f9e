package dev.sparkling.checkpoint.format;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The manifest of a checkpoint, which is written last and makes the folder a checkpoint. It
 * contains no time, so that the same work gives the same bytes.
 *
 * @param format always {@value #FORMAT}
 * @param version version of the format
 * @param step number of optimizer steps since the start of the run
 * @param tokens number of tokens trained on since the start of the run
 * @param files all other files, by name
 */
public record Manifest(
    String format, int version, long step, long tokens, Map<String, FileDigest> files) {

  public static final String NAME = "manifest.json";
  static final String FORMAT = "sparkling-checkpoint";
  static final int VERSION = 3;

  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public Manifest {
    if (step < 0 || tokens < 0) {
      throw new IllegalArgumentException(
          "step " + step + " and tokens " + tokens + " must not be negative");
    }
    files = Collections.unmodifiableMap(new TreeMap<>(files));
    for (Map.Entry<String, FileDigest> file : files.entrySet()) {
      if (!FILE_NAME.matcher(file.getKey()).matches() || file.getKey().equals(NAME)) {
        throw new IllegalArgumentException(
            "files: '" + file.getKey() + "' cannot be the name of a checkpoint's file");
      }
      Objects.requireNonNull(file.getValue(), file.getKey());
    }
  }

  /** A file's size in bytes and its SHA-256 in lower-case hexadecimal. */
  public record FileDigest(long size, String sha256) {
    public FileDigest {
      if (size < 0) {
        throw new IllegalArgumentException("size " + size + " is negative");
      }
      if (!SHA256.matcher(sha256).matches()) {
        throw new IllegalArgumentException(
            "sha256 '" + sha256 + "' is not 64 lower-case hexadecimal digits");
      }
    }
  }

  /** Returns the SHA-256 of the encoded manifest. */
  public String sha256() {
    return Sha256.hex(encode());
  }

  byte[] encode() {
    return FormatJson.encode(this);
  }

  /** Decodes a manifest. */
  public static Manifest decode(String location, byte[] bytes) {
    Manifest manifest = FormatJson.decode(location, bytes, Manifest.class);
    if (!FORMAT.equals(manifest.format()) || manifest.version() != VERSION) {
      throw new CorruptCheckpoint(
          location
              + ": format "
              + manifest.format()
              + " version "
              + manifest.version()
              + "; this version reads "
              + FORMAT
              + " version "
              + VERSION);
    }
    return manifest;
  }
}
