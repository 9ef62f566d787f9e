package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import io.minio.MinioAsyncClient;
import io.minio.messages.Part;
import java.lang.foreign.MemorySegment;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MinioExtension.class)
class MinioObjectStoreIT extends ObjectStoreContract {

  private final MinioServer server;
  private String bucket = "";

  MinioObjectStoreIT(MinioServer server) {
    this.server = server;
  }

  @Override
  ObjectStore open() {
    bucket = server.newBucket();
    return new MinioObjectStore(server.access(), bucket, "some/prefix");
  }

  @BeforeEach
  void putANeighborNextToThePrefix() {
    try (ObjectStore whole = new MinioObjectStore(server.access(), bucket, "")) {
      whole.write("some/prefix-not-ours", bytes("x"));
    }
  }

  @Test
  void refusedKeyIsTheUsersErrorAndSaysWhere() {
    try (ObjectStore refused =
        new MinioObjectStore(server.access("sparkling-test", "wrong-secret"), bucket, "p")) {
      assertThatThrownBy(() -> refused.write("k", bytes("x")))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "s3://%s/p/k: the server refused the credentials (SignatureDoesNotMatch); an access key"
                      .formatted(bucket)
                  + " that may read and write there is needed");
      assertThatThrownBy(() -> refused.find("k")).isInstanceOf(UserError.class);
      assertThatThrownBy(() -> refused.list("")).isInstanceOf(UserError.class);
    }
    try (ObjectStore unknown =
        new MinioObjectStore(server.access("nobody", "wrong-secret"), bucket, "p")) {
      assertThatThrownBy(() -> unknown.list(""))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("InvalidAccessKeyId");
    }
  }

  @Test
  void missingBucketIsTheUsersError() {
    try (ObjectStore missing = new MinioObjectStore(server.access(), "no-such-bucket", "p")) {
      assertThatThrownBy(() -> missing.write("k", bytes("x")))
          .isInstanceOf(UserError.class)
          .hasMessage("s3://no-such-bucket/p/k: the bucket does not exist; create it first");
      assertThatThrownBy(() -> missing.list(""))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("the bucket does not exist");
      assertThatThrownBy(() -> missing.find("k"))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "s3://no-such-bucket/p/k: %s has no bucket no-such-bucket; create it first, or name"
                      .formatted(server.access().endpoint())
                  + " another server in AWS_ENDPOINT_URL");
    }
  }

  @Test
  void anUnreachableServerIsRetriedAndThenTransient() {
    S3Access away =
        new S3Access("http://127.0.0.1:1", "k", "s", "us-east-1", java.util.Optional.empty());
    try (ObjectStore store = new MinioObjectStore(away, bucket, "p")) {
      assertThatThrownBy(() -> store.list(""))
          .isInstanceOf(TransientError.class)
          .satisfies(e -> assertThat(ErrorClass.of(e).exitCode()).isEqualTo(4));
    }
  }

  @Test
  void aMalformedEndpointIsTheUsersError() {
    S3Access wrong =
        new S3Access("not an address", "k", "s", "us-east-1", java.util.Optional.empty());
    assertThatThrownBy(() -> new MinioObjectStore(wrong, bucket, "p"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("AWS_ENDPOINT_URL: 'not an address'");
  }

  @Test
  void partsThatWereSentAreNotSentAgain() throws Exception {
    byte[] content = new byte[40 << 20];
    new Random(1).nextBytes(content);
    MemorySegment all = MemorySegment.ofArray(content);
    try (MinioObjectStore store = new MinioObjectStore(server.access(), bucket, "")) {
      try (ObjectUpload upload = store.resume("k")) {
        upload.write(all.asSlice(0, 36 << 20));
        upload.finish();
      }
      Map<Integer, ZonedDateTime> sent = partsSent();
      assertThat(sent).hasSize(3);
      try (ObjectUpload upload = store.resume("k")) {
        upload.write(all);
        upload.finish();
        Map<Integer, ZonedDateTime> again = partsSent();
        assertThat(again.get(1)).isEqualTo(sent.get(1));
        assertThat(again.get(2)).isEqualTo(sent.get(2));
        assertThat(again.get(3)).as("longer than before").isAfter(sent.get(3));
        upload.commit();
      }
      assertThat(store.readAll(store.get("k"))).isEqualTo(content);
    }
  }

  @Test
  void partsOfOtherBytesAreSentAgain() {
    try (MinioObjectStore store = new MinioObjectStore(server.access(), bucket, "")) {
      byte[] content = new byte[20 << 20];
      for (byte value : new byte[] {1, 2}) {
        Arrays.fill(content, value);
        try (ObjectUpload upload = store.resume("k")) {
          upload.write(MemorySegment.ofArray(content));
          if (value == 2) {
            upload.commit();
          }
        }
      }
      assertThat(store.readAll(store.get("k"))).isEqualTo(content);
    }
  }

  @Test
  void anInterruptedUploadCanBeDiscarded() throws Exception {
    try (MinioObjectStore store = new MinioObjectStore(server.access(), bucket, "")) {
      try (ObjectUpload upload = store.resume("k")) {
        upload.write(MemorySegment.ofArray(new byte[20 << 20]));
        upload.finish();
      }
      assertThat(store.discardUnfinished("k")).isEqualTo(1);
      assertThat(partsSent()).isEmpty();
    }
  }

  /** When the server received the parts of the unfinished upload of {@code k}. */
  private Map<Integer, ZonedDateTime> partsSent() throws Exception {
    try (MinioAsyncClient client = S3Client.connect(server.access())) {
      return InterruptedUpload.find(client, bucket, "k").stream()
          .flatMap(upload -> upload.parts().values().stream())
          .collect(Collectors.toMap(Part::partNumber, Part::lastModified));
    }
  }
}
