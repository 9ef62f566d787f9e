package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreUriTest {

  @Test
  void readsTheThreeForms() {
    assertThat(StoreUri.parse("--to", "s3://bucket/a/b/"))
        .isEqualTo(new StoreUri.Bucket("bucket", "a/b"));
    assertThat(StoreUri.parse("--to", "s3://bucket")).isEqualTo(new StoreUri.Bucket("bucket", ""));
    assertThat(StoreUri.parse("--to", "file:///a/b"))
        .isEqualTo(new StoreUri.Folder(Path.of("/a/b")));
    assertThat(StoreUri.parse("--to", "file:a/b")).isEqualTo(new StoreUri.Folder(Path.of("a/b")));
    assertThat(StoreUri.parse("--to", "a/b")).isEqualTo(new StoreUri.Folder(Path.of("a/b")));
  }

  @Test
  void resolvesKeysBelow() {
    assertThat(StoreUri.parse("--to", "s3://bucket").resolve("x/y")).hasToString("s3://bucket/x/y");
    assertThat(StoreUri.parse("--to", "s3://bucket/a").resolve("x")).hasToString("s3://bucket/a/x");
    assertThat(StoreUri.parse("--to", "a").resolve("x/y")).hasToString("a/x/y");
  }

  @Test
  void otherFormsAreNamedWithWhatIsAllowed() {
    assertThatThrownBy(() -> StoreUri.parse("--to", "gs://bucket/a"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--to: 'gs://bucket/a' is not a location; allowed: s3://bucket/prefix, file:path, a path");
  }

  @Test
  void missingCredentialsAreAllNamedAtOnce() {
    assertThatThrownBy(() -> S3Access.fromEnvironment(Map.of("AWS_ACCESS_KEY_ID", "k")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            """
            environment AWS_ENDPOINT_URL: is missing; an s3:// location needs it
            environment AWS_SECRET_ACCESS_KEY: is missing; an s3:// location needs it""");
  }

  @Test
  void secretIsNeverShown() {
    S3Access access =
        S3Access.fromEnvironment(
            Map.of(
                "AWS_ENDPOINT_URL", "http://e",
                "AWS_ACCESS_KEY_ID", "key",
                "AWS_SECRET_ACCESS_KEY", "hush"));
    assertThat(access.toString()).doesNotContain("hush");
  }
}
