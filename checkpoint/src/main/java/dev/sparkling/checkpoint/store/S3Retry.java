package dev.sparkling.checkpoint.store;

import dev.sparkling.checkpoint.store.MinioObjectStore.NoSuchKey;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Retries calls to an S3 server after errors that may be temporary, and translates errors. */
final class S3Retry {

  private static final int ATTEMPTS = 5;

  /** Pause after the first attempt, doubled after each further one: 0.2, 0.4, 0.8, 1.6 s. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  private static final Set<String> REFUSED =
      Set.of(
          "AccessDenied",
          "AllAccessDisabled",
          "AuthorizationHeaderMalformed",
          "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "XMinioAdminNoSuchUser");

  private static final int LONGEST_SUMMARY = 120;

  private static final Set<String> FULL =
      Set.of("XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded");

  private S3Retry() {}

  /**
   * Calls the action until it succeeds, fails permanently or has used up its attempts.
   *
   * @param location location of the object or prefix, for messages
   */
  static <T> T call(String location, Callable<T> action) throws NoSuchKey {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      Throwable error;
      try {
        return action.call();
      } catch (Exception e) {
        error = rootOf(e);
      }
      SparklingException translated = translate(location, error);
      if (!translated.errorClass().retried() || attempt == ATTEMPTS) {
        throw translated;
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw translated;
      }
      pause = pause.multipliedBy(2);
    }
  }

  /** Unwraps the first meaningful error from those of futures and of the SDK. */
  private static Throwable rootOf(Exception e) {
    Throwable error = e;
    while (error.getCause() != null
        && !(error instanceof SparklingException)
        && !(error instanceof ErrorResponseException)
        && !(error instanceof InvalidResponseException)
        && !(error instanceof IOException)) {
      error = error.getCause();
    }
    return error;
  }

  private static SparklingException translate(String location, Throwable error) throws NoSuchKey {
    return switch (error) {
      case SparklingException known -> known;
      case ErrorResponseException refused -> translate(location, refused);
      case SSLException tls when isDistrust(tls) ->
          new UserError(
              location
                  + ": the server's certificate is not trusted ("
                  + tls.getMessage()
                  + "); name its authority in "
                  + S3Access.CERTIFICATE_AUTHORITY,
              tls);
      case InvalidResponseException _ ->
          new UserError(
              location
                  + ": the server at "
                  + S3Access.ENDPOINT
                  + " is not an S3 server ("
                  + summary(error)
                  + "); name one there",
              error);
      case UnknownHostException _ ->
          TransientError.storeUnavailable(
              location + ": host " + error.getMessage() + " is not known", error);
      case InterruptedIOException _ ->
          TransientError.storeUnavailable(location + ": timed out", error);
      case RuntimeException bug -> throw bug;
      default -> TransientError.storeUnavailable(location + ": " + summary(error), error);
    };
  }

  /** Whether the server's certificate is not trusted; other TLS errors may be temporary. */
  private static boolean isDistrust(SSLException error) {
    if (error instanceof SSLPeerUnverifiedException) {
      return true;
    }
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  /** Returns the start of the first line, because some messages contain a whole HTML page. */
  private static String summary(Throwable error) {
    String line = String.valueOf(error.getMessage()).lines().findFirst().orElse("").strip();
    return line.length() <= LONGEST_SUMMARY ? line : line.substring(0, LONGEST_SUMMARY) + " ...";
  }

  private static SparklingException translate(String location, ErrorResponseException refused)
      throws NoSuchKey {
    String code = refused.errorResponse().code();
    if (code.equals("NoSuchKey") || code.equals("NoSuchUpload")) {
      throw new NoSuchKey(refused);
    }
    if (REFUSED.contains(code)) {
      return new UserError(
          ErrorReason.CREDENTIALS_REFUSED,
          location
              + ": the server refused the credentials ("
              + code
              + "); an access key that may read and write there is needed",
          refused);
    }
    if (code.equals("NoSuchBucket")) {
      return new UserError(location + ": the bucket does not exist; create it first", refused);
    }
    if (FULL.contains(code)) {
      return new UserError(
          ErrorReason.STORE_FULL,
          location + ": the server is full, or the bucket's quota is used up; free some space",
          refused);
    }
    if (code.equals("PreconditionFailed")) {
      return new CorruptCheckpoint(
          location + ": was overwritten while it was being read; nothing else may write there",
          refused);
    }
    return TransientError.storeUnavailable(
        location + ": the server answered " + code + " " + refused.errorResponse().message(),
        refused);
  }
}
