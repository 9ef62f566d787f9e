package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import io.minio.AbortMultipartUploadArgs;
import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.Http;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListObjectsArgs;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.StatObjectArgs;
import io.minio.StatObjectResponse;
import io.minio.errors.ErrorResponseException;
import io.minio.messages.Item;
import io.minio.messages.ListMultipartUploadsResult.Upload;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * Stores objects below a prefix of a bucket on MinIO or another S3 server. Large objects are
 * uploaded in parts, several at a time. Reads request the version that was found, so that reading
 * an object that is overwritten meanwhile fails instead of mixing two versions.
 */
public final class MinioObjectStore implements ObjectStore {

  private final MinioAsyncClient client;
  private final String bucket;
  private final String prefix;
  private final String endpoint;
  private volatile boolean bucketSeen;

  /**
   * Creates a store that connects lazily: nothing is sent before the first call.
   *
   * @param prefix prefix without leading or trailing slashes; empty for the whole bucket
   */
  public MinioObjectStore(S3Access access, String bucket, String prefix) {
    this.client = S3Client.connect(access);
    this.endpoint = access.endpoint();
    this.bucket = bucket;
    this.prefix = prefix.isEmpty() ? "" : prefix + "/";
  }

  @Override
  public String location(String key) {
    return "s3://" + bucket + "/" + prefix + key;
  }

  @Override
  public Optional<StoredObject> find(String key) {
    String name = prefix + Keys.check(key);
    try {
      StatObjectResponse found =
          S3Retry.call(
              location(key),
              () ->
                  client
                      .statObject(StatObjectArgs.builder().bucket(bucket).object(name).build())
                      .join());
      return Optional.of(
          new StoredObject(key, found.size(), found.etag(), found.lastModified().toInstant()));
    } catch (NoSuchKey e) {
      checkBucket(key);
      return Optional.empty();
    }
  }

  /**
   * Checks that the bucket exists: a response to HEAD has no body, so a missing bucket looks like a
   * missing object.
   */
  private void checkBucket(String key) {
    if (bucketSeen) {
      return;
    }
    boolean exists;
    try {
      exists =
          S3Retry.call(
              location(key),
              () -> client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build()).join());
    } catch (UserError refused) {
      exists = true; // an access key may be allowed to read objects but not to query the bucket
    } catch (NoSuchKey e) {
      exists = false;
    }
    if (!exists) {
      throw new UserError(
          "%s: %s has no bucket %s; create it first, or name another server in %s"
              .formatted(location(key), endpoint, bucket, S3Access.ENDPOINT));
    }
    bucketSeen = true;
  }

  @Override
  public List<StoredObject> list(String keyPrefix) {
    ListObjectsArgs below =
        ListObjectsArgs.builder().bucket(bucket).prefix(prefix + keyPrefix).recursive(true).build();
    try {
      return S3Retry.call(
          location(keyPrefix),
          () -> {
            List<StoredObject> objects = new ArrayList<>();
            for (Result<Item> result : client.listObjects(below)) {
              Item item = result.get();
              String key = item.objectName().substring(prefix.length());
              objects.add(
                  new StoredObject(
                      key,
                      item.size(),
                      item.etag().replace("\"", ""),
                      item.lastModified().toInstant()));
            }
            objects.sort(Comparator.comparing(StoredObject::key));
            return objects;
          });
    } catch (NoSuchKey e) {
      throw e.asUserError(location(keyPrefix));
    }
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    if (target.byteSize() == 0) {
      return;
    }
    String location = location(object.key());
    if (offset + target.byteSize() > object.size()) {
      throw new CorruptCheckpoint(
          location
              + ": ends at byte "
              + object.size()
              + "; bytes "
              + offset
              + " to "
              + (offset + target.byteSize())
              + " are expected");
    }
    GetObjectArgs range =
        GetObjectArgs.builder()
            .bucket(bucket)
            .object(prefix + object.key())
            .offset(offset)
            .length(target.byteSize())
            .matchETag(object.version())
            .build();
    try {
      S3Retry.call(
          location,
          () -> {
            try (GetObjectResponse body = client.getObject(range).join()) {
              fill(body, target);
            }
            return true;
          });
    } catch (NoSuchKey e) {
      throw new CorruptCheckpoint(location + ": was deleted after it was listed", e);
    }
  }

  @Override
  public ObjectUpload create(String key) {
    return new MinioUpload(client, bucket, prefix + Keys.check(key), location(key));
  }

  @Override
  public ObjectUpload resume(String key) {
    String name = prefix + Keys.check(key);
    return MinioUpload.resume(client, bucket, name, location(key), interrupted(key, name));
  }

  /**
   * {@inheritDoc}
   *
   * <p>If a response is lost, the client's next attempt is refused because the first one has
   * succeeded, so a refusal counts as success if the object has the bytes.
   */
  @Override
  public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
    String name = prefix + Keys.check(key);
    Http.Headers condition =
        expected
            .map(version -> new Http.Headers("If-Match", '"' + version + '"'))
            .orElseGet(() -> new Http.Headers("If-None-Match", "*"));
    PutObjectAPIArgs put =
        PutObjectAPIArgs.builder()
            .bucket(bucket)
            .object(name)
            .headers(condition)
            .data(bytes, bytes.length)
            .build();
    try {
      Optional<String> written = S3Retry.call(location(key), () -> putIfAllowed(put));
      return written.isPresent() ? written : versionWith(key, bytes);
    } catch (NoSuchKey e) {
      return Optional.empty();
    }
  }

  /** Returns the new version; empty if the server refuses the condition. */
  private Optional<String> putIfAllowed(PutObjectAPIArgs put) {
    try {
      return Optional.of(client.putObject(put).join().etag());
    } catch (CompletionException e) {
      String code =
          e.getCause() instanceof ErrorResponseException refused
              ? refused.errorResponse().code()
              : "";
      if (code.equals("PreconditionFailed")) {
        return Optional.empty();
      }
      if (code.equals("NotImplemented")) {
        throw new UserError(
            endpoint + ": the server does not support conditional writes; use one that does", e);
      }
      throw e;
    }
  }

  private Optional<String> versionWith(String key, byte[] bytes) {
    return readCurrent(
            key, (found, content) -> Arrays.equals(content, bytes) ? found.version() : "")
        .filter(version -> !version.isEmpty());
  }

  private Optional<InterruptedUpload> interrupted(String key, String name) {
    try {
      return S3Retry.call(location(key), () -> InterruptedUpload.find(client, bucket, name));
    } catch (NoSuchKey | UserError e) {
      return Optional.empty(); // an access key may be allowed to write but not to list uploads
    }
  }

  @Override
  public void delete(String key) {
    String name = prefix + Keys.check(key);
    try {
      S3Retry.call(
          location(key),
          () -> {
            client
                .removeObject(RemoveObjectArgs.builder().bucket(bucket).object(name).build())
                .join();
            return true;
          });
    } catch (NoSuchKey e) {
      return; // already deleted
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>MinIO, unlike S3, lists uploads only by their whole key, so below a folder this finds none;
   * MinIO removes them itself after a day.
   */
  @Override
  public int discardUnfinished(String keyPrefix) {
    ListMultipartUploadsArgs below =
        ListMultipartUploadsArgs.builder().bucket(bucket).prefix(prefix + keyPrefix).build();
    try {
      return S3Retry.call(
          location(keyPrefix),
          () -> {
            List<Upload> uploads = client.listMultipartUploads(below).join().result().uploads();
            for (Upload upload : uploads) {
              client
                  .abortMultipartUpload(
                      AbortMultipartUploadArgs.builder()
                          .bucket(bucket)
                          .object(upload.objectName())
                          .uploadId(upload.uploadId())
                          .build())
                  .join();
            }
            return uploads.size();
          });
    } catch (NoSuchKey | UserError e) {
      return 0; // an access key may be allowed to write but not to list uploads
    }
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (Exception e) {
      throw new IllegalStateException("closing the client of " + location(""), e);
    }
  }

  private static void fill(GetObjectResponse body, MemorySegment target) throws IOException {
    ReadableByteChannel channel = Channels.newChannel(body);
    long done = 0;
    while (done < target.byteSize()) {
      long length = Math.min(Integer.MAX_VALUE, target.byteSize() - done);
      ByteBuffer part = target.asSlice(done, length).asByteBuffer();
      int count = channel.read(part);
      if (count < 0) {
        throw new IOException(
            "the server closed the connection after "
                + done
                + " of "
                + target.byteSize()
                + " bytes");
      }
      done += count;
    }
  }

  /** Thrown by {@link S3Retry} for an object that does not exist; callers decide what it means. */
  static final class NoSuchKey extends Exception {
    private static final long serialVersionUID = 1L;

    NoSuchKey(Throwable cause) {
      super(cause);
    }

    UserError asUserError(String location) {
      return new UserError(location + ": does not exist", this);
    }
  }
}
