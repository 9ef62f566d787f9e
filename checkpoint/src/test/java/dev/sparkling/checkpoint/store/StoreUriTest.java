package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void otherFormsAreRefusedWithWhatIsAllowed() {
    assertThatThrownBy(() -> StoreUri.parse("--to", "gs://bucket/a"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--to: 'gs://bucket/a' is not a location; allowed: s3://bucket/prefix, file:path, a path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          s3:/bucket/x       | does not begin with s3://; allowed: s3://bucket/prefix, file:path, a path
          S3:bucket          | does not begin with s3://; allowed: s3://bucket/prefix, file:path, a path
          s3://bk/x          | names a bucket of 2 characters; allowed: 3 to 63
          s3:///x            | names a bucket of 0 characters; allowed: 3 to 63
          s3://Bucket/x      | names a bucket with characters other than a-z, 0-9, . and -
          s3://a..b/x        | names a bucket with . or - at an end or next to a dot; each label begins and ends with a letter or digit
          s3://-ab/x         | names a bucket with . or - at an end or next to a dot; each label begins and ends with a letter or digit
          s3://1.2.3.4/x     | names a bucket like an IP address, which is not allowed
          s3://bucket/../x   | has a name that begins with a dot: '..'
          s3://bucket/.x     | has a name that begins with a dot: '.x'
          s3://bucket/a//b   | has an empty name between slashes
          file:              | names no file; allowed: s3://bucket/prefix, file:path, a path
          file:/tmp/a b      | is not a URI: Illegal character in path at 11; write a space as %20, or use a plain path
          file:/tmp/a%zz     | is not a URI: Malformed escape pair at 11; write a space as %20, or use a plain path
          file://host/a      | names the host host; allowed: file:path, file:///path
          file:/a?b          | has ? or #, which must be %3F and %23 in a URI
          file:/a%00b        | cannot be a path: Nul character not allowed; allowed: s3://bucket/prefix, file:path, a path
          """)
  void locationThatNoStoreCanHoldIsNamedWithItsRule(String text, String problem) {
    assertThatThrownBy(() -> StoreUri.parse("--to", text))
        .isInstanceOf(UserError.class)
        .hasMessage("--to: '" + text + "' " + problem);
  }

  @Test
  void controlCharactersInALocationAreNamedOnOneLine() {
    assertThatThrownBy(() -> StoreUri.parse("--to", "run\0x"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--to: 'run\\u0000x' cannot be a path: Nul character not allowed");
    assertThatThrownBy(() -> StoreUri.parse("--to", "s3://bucket/a\nb"))
        .isInstanceOf(UserError.class)
        .hasMessage("--to: 's3://bucket/a\\u000ab' has a control character in its names");
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
