package dev.sparkling.checkpoint.format;

import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** An incremental SHA-256 digest. */
public final class Sha256 {

  /** Largest number of bytes per update, below the int limit of buffers. */
  private static final long CHUNK_BYTES = 1L << 30;

  private final MessageDigest digest;

  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Computes the digest of an array, in lower-case hexadecimal. */
  public static String hex(byte[] bytes) {
    Sha256 sha = new Sha256();
    sha.update(MemorySegment.ofArray(bytes));
    return sha.hex();
  }

  public void update(MemorySegment bytes) {
    for (long done = 0; done < bytes.byteSize(); done += CHUNK_BYTES) {
      long length = Math.min(CHUNK_BYTES, bytes.byteSize() - done);
      digest.update(bytes.asSlice(done, length).asByteBuffer());
    }
  }

  /** Returns the digest in lower-case hexadecimal; no update may follow. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
