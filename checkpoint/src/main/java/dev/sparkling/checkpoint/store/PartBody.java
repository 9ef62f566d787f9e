package dev.sparkling.checkpoint.store;

import io.minio.ByteBuffer;
import io.minio.Http;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Base64;
import java.util.zip.CRC32C;

/**
 * A part's bytes as the SDK likes them best: of an array it would first copy all into segments of 8
 * KiB, and it computes checksums several times slower than the JDK.
 */
final class PartBody extends ByteBuffer {

  /** Of a whole upload: what its parts are checked by. */
  static final Http.Headers CHECKSUM_OF_PARTS =
      new Http.Headers("x-amz-checksum-algorithm", "CRC32C");

  private final byte[] bytes;
  private final int length;

  /**
   * Wraps bytes.
   *
   * @param bytes must not change before they are sent
   */
  PartBody(byte[] bytes, int length) {
    super(length);
    this.bytes = bytes;
    this.length = length;
  }

  /**
   * CRC-32C protects a part on its way. It is not signed, which would take a SHA-256 more on either
   * side: the manifest, which is, holds the digest of the whole file.
   */
  Http.Headers checksum() {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    byte[] value = java.nio.ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
    Http.Headers headers = new Http.Headers("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    headers.put("x-amz-sdk-checksum-algorithm", "CRC32C");
    headers.put("x-amz-checksum-crc32c", Base64.getEncoder().encodeToString(value));
    return headers;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public InputStream inputStream() {
    return new ByteArrayInputStream(bytes, 0, length);
  }
}
