package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import io.minio.errors.InvalidResponseException;
import java.security.cert.CertificateException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;

class S3RetryTest {

  @Test
  void anUntrustedCertificateIsTheUsersErrorAndNotRetried() {
    SSLException untrusted = new SSLHandshakeException("PKIX path building failed");
    untrusted.initCause(new CertificateException("no path"));
    for (SSLException error :
        new SSLException[] {untrusted, new SSLPeerUnverifiedException("not verified")}) {
      AtomicInteger calls = new AtomicInteger();
      assertThatThrownBy(() -> S3Retry.call("s3://b/k", failing(calls, error)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("the server's certificate is not trusted")
          .hasMessageEndingWith("; name its authority in AWS_CA_BUNDLE");
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void aBrokenConnectionIsRetried() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    String result =
        S3Retry.call(
            "s3://b/k",
            () -> {
              if (calls.incrementAndGet() == 1) {
                throw new SSLException("Connection reset");
              }
              return "done";
            });
    assertThat(result).isEqualTo("done");
    assertThat(calls).hasValue(2);
  }

  @Test
  void aPlainServerBehindHttpsIsTransientAfterRetries() {
    assertThatThrownBy(
            () ->
                S3Retry.call(
                    "s3://b/k",
                    failing(
                        new AtomicInteger(),
                        new SSLException("Unsupported or unrecognized SSL message"))))
        .isInstanceOf(TransientError.class)
        .hasMessage("s3://b/k: Unsupported or unrecognized SSL message");
  }

  @Test
  void aServerThatIsNotS3IsReportedOnOneShortLine() {
    String page = "<html>\n".repeat(100);
    assertThatThrownBy(
            () ->
                S3Retry.call(
                    "s3://b/k",
                    failing(
                        new AtomicInteger(),
                        new InvalidResponseException(400, "text/html", page, "trace"))))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("s3://b/k: the server at AWS_ENDPOINT_URL is not an S3 server (")
        .satisfies(error -> assertThat(error.getMessage()).hasSizeLessThan(300));
  }

  private static Callable<String> failing(AtomicInteger calls, Exception error) {
    return () -> {
      calls.incrementAndGet();
      throw error;
    };
  }
}
