package dev.sparkling.checkpoint.store;

import io.minio.ListMultipartUploadsArgs;
import io.minio.ListPartsArgs;
import io.minio.MinioAsyncClient;
import io.minio.messages.ListMultipartUploadsResult.Upload;
import io.minio.messages.ListPartsResult;
import io.minio.messages.Part;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A multipart upload that was not completed, and its parts on the server.
 *
 * @param parts parts by number; an ETag is a part's MD5 unless the server encrypts
 */
record InterruptedUpload(String uploadId, Map<Integer, Part> parts) {
  InterruptedUpload {
    parts = Map.copyOf(parts);
  }

  /**
   * Finds the newest upload of an object. MinIO, unlike S3, lists uploads only by their whole key,
   * which suffices here.
   */
  static Optional<InterruptedUpload> find(MinioAsyncClient client, String bucket, String name) {
    ListMultipartUploadsArgs ofObject =
        ListMultipartUploadsArgs.builder().bucket(bucket).prefix(name).build();
    List<Upload> uploads = client.listMultipartUploads(ofObject).join().result().uploads();
    return uploads.stream()
        .filter(upload -> name.equals(upload.objectName()))
        .max(Comparator.comparing(Upload::initiated))
        .map(
            upload ->
                new InterruptedUpload(
                    upload.uploadId(), parts(client, bucket, name, upload.uploadId())));
  }

  private static Map<Integer, Part> parts(
      MinioAsyncClient client, String bucket, String name, String uploadId) {
    Map<Integer, Part> parts = new HashMap<>();
    Integer after = null;
    while (true) {
      ListPartsArgs.Builder page =
          ListPartsArgs.builder().bucket(bucket).object(name).uploadId(uploadId);
      if (after != null) {
        page.partNumberMarker(after);
      }
      ListPartsResult result = client.listParts(page.build()).join().result();
      result.parts().forEach(part -> parts.put(part.partNumber(), part));
      if (!result.isTruncated()) {
        return parts;
      }
      after = result.nextPartNumberMarker();
    }
  }

  /** Returns the server's part with this number, if it has the same bytes. */
  Optional<Part> same(int number, byte[] bytes, int length) {
    return Optional.ofNullable(parts.get(number))
        .filter(part -> part.partSize() == length)
        .filter(part -> part.etag().replace("\"", "").equals(Md5.hex(bytes, length)));
  }
}
