package dev.sparkling.checkpoint.format;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What makes a folder a checkpoint; written last. It has no time in it, so that the same work gives
 * the same bytes.
 *
 * @param format always {@value #FORMAT}
 * @param version of the format
 * @param step optimizer steps since the beginning of the run
 * @param tokens trained on since the beginning of the run
 * @param files by name: every file but this one
 */
public record Manifest(
    String format, int version, long step, long tokens, Map<String, FileDigest> files) {

  public static final String NAME = "manifest.json";
  static final String FORMAT = "sparkling-checkpoint";
  static final int VERSION = 2;

  public Manifest {
    files = Collections.unmodifiableMap(new TreeMap<>(files));
  }

  /** A file's size in bytes and its SHA-256 in lower-case hexadecimal. */
  public record FileDigest(long size, String sha256) {}

  byte[] encode() {
    return FormatJson.encode(this);
  }

  static Manifest decode(String location, byte[] bytes) {
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
