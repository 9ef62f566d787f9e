package dev.sparkling.checkpoint.store;

import dev.sparkling.checkpoint.store.MinioObjectStore.NoSuchKey;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import io.minio.AbortMultipartUploadArgs;
import io.minio.CompleteMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.StatObjectArgs;
import io.minio.StatObjectResponse;
import io.minio.UploadPartArgs;
import io.minio.messages.Part;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * An upload that sends each part as soon as it is full, several at a time. An object that fits into
 * one part is sent in one request. Memory: {@link #PARTS_IN_FLIGHT} + 1 parts.
 */
final class MinioUpload implements ObjectUpload {

  /**
   * AWS recommends 8 to 16 MiB; S3 allows 10,000 parts, so an object can be up to 156 GiB large.
   */
  private static final int PART_BYTES = 16 << 20;

  private static final int PARTS_IN_FLIGHT = 4;

  private final MinioAsyncClient client;
  private final String bucket;
  private final String name;
  private final String location;

  private final ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor();
  private final Deque<Future<Sent>> inFlight = new ArrayDeque<>();
  private final List<Part> parts = new ArrayList<>();
  private byte[] buffer = new byte[0];
  private int filled;
  private final Optional<InterruptedUpload> before;

  /** Whether parts stay on the server without a commit. */
  private final boolean resumable;

  private @Nullable String uploadId;
  private long bytes;
  private boolean finished;
  private boolean committed;

  MinioUpload(MinioAsyncClient client, String bucket, String name, String location) {
    this(client, bucket, name, location, Optional.empty(), false);
  }

  private MinioUpload(
      MinioAsyncClient client,
      String bucket,
      String name,
      String location,
      Optional<InterruptedUpload> before,
      boolean resumable) {
    this.client = client;
    this.bucket = bucket;
    this.name = name;
    this.location = location;
    this.before = before;
    this.resumable = resumable;
    this.uploadId = before.map(InterruptedUpload::uploadId).orElse(null);
  }

  /**
   * Resumes an upload, or starts one that can be resumed.
   *
   * @param before the interrupted upload of the same bytes, if any
   */
  static MinioUpload resume(
      MinioAsyncClient client,
      String bucket,
      String name,
      String location,
      Optional<InterruptedUpload> before) {
    return new MinioUpload(client, bucket, name, location, before, true);
  }

  @Override
  public void write(MemorySegment segment) {
    long done = 0;
    while (done < segment.byteSize()) {
      if (filled == PART_BYTES) {
        sendPart();
      }
      if (filled == buffer.length) {
        grow(segment.byteSize() - done);
      }
      int count = (int) Math.min(buffer.length - filled, segment.byteSize() - done);
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, done, buffer, filled, count);
      filled += count;
      done += count;
    }
    bytes += done;
  }

  @Override
  public void finish() {
    if (uploadId == null || finished) {
      return;
    }
    sendPart();
    while (!inFlight.isEmpty()) {
      awaitOldest();
    }
    buffer = new byte[0];
    finished = true;
  }

  @Override
  public void commit() {
    finish();
    if (uploadId == null) {
      call(
          () ->
              client
                  .putObject(
                      PutObjectAPIArgs.builder()
                          .bucket(bucket)
                          .object(name)
                          .data(buffer, filled)
                          .build())
                  .join());
    } else {
      complete(uploadId);
    }
    committed = true;
  }

  /**
   * Completes the upload. If the response is lost, the next attempt gets NoSuchUpload although the
   * object exists.
   */
  private void complete(String id) {
    try {
      S3Retry.call(
          location,
          () ->
              client
                  .completeMultipartUpload(
                      CompleteMultipartUploadArgs.builder()
                          .bucket(bucket)
                          .object(name)
                          .uploadId(id)
                          .parts(parts.toArray(new Part[0]))
                          .build())
                  .join());
    } catch (NoSuchKey e) {
      StatObjectResponse found =
          call(
              () ->
                  client
                      .statObject(StatObjectArgs.builder().bucket(bucket).object(name).build())
                      .join());
      if (found.size() != bytes || !found.etag().endsWith("-" + parts.size())) {
        throw new TransientError(location + ": the server no longer has the upload", e);
      }
    }
  }

  @Override
  public void close() {
    // A part that arrives after the abort would be kept and billed, so none may be in flight.
    senders.shutdownNow();
    senders.close();
    if (!committed && !resumable && uploadId != null) {
      String id = uploadId;
      call(
          () ->
              client
                  .abortMultipartUpload(
                      AbortMultipartUploadArgs.builder()
                          .bucket(bucket)
                          .object(name)
                          .uploadId(id)
                          .build())
                  .join());
    }
  }

  /** Doubles the buffer, up to the size of a part, so that small objects need little memory. */
  private void grow(long wanted) {
    long size = Math.max(2L * buffer.length, Math.max(1 << 10, buffer.length + wanted));
    byte[] larger = new byte[(int) Math.min(PART_BYTES, size)];
    System.arraycopy(buffer, 0, larger, 0, filled);
    buffer = larger;
  }

  private void sendPart() {
    String id = uploadId == null ? begin() : uploadId;
    uploadId = id;
    byte[] full = buffer;
    int length = filled;
    int number = parts.size() + inFlight.size() + 1;
    inFlight.add(senders.submit(() -> new Sent(upload(id, number, full, length), full)));
    buffer = inFlight.size() > PARTS_IN_FLIGHT ? awaitOldest() : new byte[PART_BYTES];
    filled = 0;
  }

  private Part upload(String id, int number, byte[] bytes, int length) {
    return before
        .flatMap(sent -> sent.same(number, bytes, length))
        .map(sent -> new Part(number, sent.etag(), null, sent.checksumCRC32C(), null, null, null))
        .orElseGet(() -> send(id, number, bytes, length));
  }

  private Part send(String id, int number, byte[] bytes, int length) {
    PartBody body = new PartBody(bytes, length);
    return call(
        () ->
            client
                .uploadPart(
                    UploadPartArgs.builder()
                        .bucket(bucket)
                        .object(name)
                        .uploadId(id)
                        .partNumber(number)
                        .headers(body.checksum())
                        .buffer(body)
                        .build())
                .join()
                .part());
  }

  private String begin() {
    return call(
        () ->
            client
                .createMultipartUpload(
                    CreateMultipartUploadArgs.builder()
                        .bucket(bucket)
                        .object(name)
                        .headers(PartBody.CHECKSUM_OF_PARTS)
                        .build())
                .join()
                .result()
                .uploadId());
  }

  /** Waits for the oldest part, and returns its buffer for reuse. */
  private byte[] awaitOldest() {
    try {
      Sent sent = inFlight.remove().get();
      parts.add(sent.part());
      return sent.buffer();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SparklingException known) {
        throw known;
      }
      throw new IllegalStateException("uploading " + location, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while uploading " + location, e);
    }
  }

  private <T> T call(Callable<T> action) {
    try {
      return S3Retry.call(location, action);
    } catch (NoSuchKey e) {
      throw new TransientError(location + ": the server no longer has the upload", e);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Sent(Part part, byte[] buffer) {}
}
