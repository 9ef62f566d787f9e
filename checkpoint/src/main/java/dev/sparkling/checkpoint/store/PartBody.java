package dev.sparkling.checkpoint.store;

import io.minio.ByteBuffer;
import io.minio.Http;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Base64;
import java.util.zip.CRC32C;

/**
 * A part's bytes in the form that the SDK sends fastest: it would first copy an array into segments
 * of 8 KiB, and its checksums are several times slower than the JDK's.
 */
final class PartBody extends ByteBuffer {

  /** Headers of a multipart upload that select the checksum of its parts. */
  static final Http.Headers CHECKSUM_OF_PARTS =
      new Http.Headers("x-amz-checksum-algorithm", "CRC32C");

  private final byte[] bytes;
  private final int length;

  /**
   * Wraps bytes.
   *
   * @param bytes bytes of the part, which must not change before they are sent
   */
  PartBody(byte[] bytes, int length) {
    super(length);
    this.bytes = bytes;
    this.length = length;
  }

  /**
   * Computes the headers of the part. CRC-32C protects it in transit. The payload is not signed,
   * because that would take another SHA-256 on both sides; the manifest, whose upload is signed,
   * contains the digest of the whole file.
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
