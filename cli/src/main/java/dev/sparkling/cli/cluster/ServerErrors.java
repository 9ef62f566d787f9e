package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Translates errors of an API server into user errors and transient errors, with advice. */
final class ServerErrors {

  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int GONE = 410;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private ServerErrors() {}

  static SparklingException refused(String server, int code, String body) {
    String message = message(body);
    return switch (code) {
      case UNAUTHORIZED ->
          new UserError(
              "cluster %s: does not accept the credentials of this context (401): %s; log in again, or name another with --context"
                  .formatted(server, message));
      case FORBIDDEN ->
          new UserError(
              "cluster %s: %s; the role 'view' in the namespace is enough, or name another with --namespace"
                  .formatted(server, message));
      // A namespace without runs has an empty list, so the kind itself is missing.
      case NOT_FOUND ->
          new UserError(
              "cluster %s: does not know ProgressiveTraining of sparkling.dev/v1alpha1; install Sparkling with helm install sparkling charts/sparkling, or name another cluster with --context"
                  .formatted(server));
      case REQUEST_TIMEOUT, GONE, TOO_MANY_REQUESTS -> failed(server, code, message);
      default ->
          code >= SERVER_ERROR
              ? failed(server, code, message)
              : new UserError("cluster %s: answered %d: %s".formatted(server, code, message));
    };
  }

  static SparklingException unreachable(String server, Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof SSLException) {
        return new UserError(
            "cluster %s: no trusted connection: %s; certificate-authority-data in the kubeconfig names the authority to trust"
                .formatted(server, Kubeconfig.reason(at)),
            error);
      }
    }
    return new TransientError(
        "cluster %s: cannot be reached: %s; check that it is running and that the kubeconfig names the right one"
            .formatted(server, reason(error)),
        error);
  }

  static UserError notKubernetes(String server, Throwable error) {
    return new UserError(
        "cluster %s: answers, but not like a Kubernetes API server; check that the kubeconfig names the right one"
            .formatted(server),
        error);
  }

  private static TransientError failed(String server, int code, String message) {
    return new TransientError("cluster %s: answered %d: %s".formatted(server, code, message), null);
  }

  /** Returns the reason of a network error; some of the JDK's exceptions have no message. */
  private static String reason(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof UnresolvedAddressException || at instanceof UnknownHostException) {
        return "its name cannot be resolved";
      }
      if (at instanceof TimeoutException || at instanceof java.net.http.HttpTimeoutException) {
        return "timed out";
      }
      if (at instanceof ConnectException && at.getCause() == null) {
        return at.getMessage() == null ? "connection refused" : at.getMessage();
      }
    }
    Throwable deepest = error;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest instanceof java.nio.channels.ClosedChannelException
        ? "connection refused"
        : Kubeconfig.reason(error);
  }

  /** Returns the message of a Kubernetes Status, or else the first line of the body. */
  private static String message(String body) {
    try {
      String message = new ObjectMapper().readTree(body).path("message").asText();
      if (!message.isBlank()) {
        return message;
      }
    } catch (JsonProcessingException e) {
      // Not a Status; a proxy may answer in another format.
    }
    return body.isBlank() ? "no message" : body.strip().lines().findFirst().orElse("");
  }
}
