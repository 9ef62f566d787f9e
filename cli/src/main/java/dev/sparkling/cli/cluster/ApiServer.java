package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A client of a cluster's API server, with the credentials of a kubeconfig. */
final class ApiServer implements AutoCloseable {

  /** Media type of a list in table format. */
  static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

  static final String JSON = "application/json";
  private static final String MERGE_PATCH = "application/merge-patch+json";

  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String server;
  private final String namespace;
  private final HttpClient http;

  private ApiServer(String server, String namespace, HttpClient http) {
    this.server = server;
    this.namespace = namespace;
    this.http = http;
  }

  /** Reads the kubeconfig. Sends no request to the server, but may run a credential plugin. */
  static ApiServer open(ClusterChoice choice) {
    Config config = Kubeconfig.read(choice);
    String server = config.getMasterUrl().replaceAll("/+$", "");
    String namespace =
        Objects.requireNonNullElseGet(
            choice.namespace(), () -> Objects.requireNonNullElse(config.getNamespace(), "default"));
    try {
      return new ApiServer(
          server, namespace, HttpClientUtils.getHttpClientFactory().newBuilder(config).build());
    } catch (KubernetesClientException e) {
      throw new UserError(
          "kubeconfig: the certificates or the proxy for %s cannot be used: %s"
              .formatted(server, Kubeconfig.reason(e)),
          e);
    }
  }

  /** Returns the chosen namespace, or else that of the context. */
  String namespace() {
    return namespace;
  }

  /** Gets the JSON at a path. */
  JsonNode get(String path, Map<String, String> query, String accept) {
    HttpResponse<String> response =
        await(http.sendAsync(request(path, query, accept), String.class));
    if (!response.isSuccessful()) {
      throw ServerErrors.refused(server, response.code(), response.body());
    }
    try {
      return MAPPER.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw ServerErrors.notKubernetes(server, e);
    }
  }

  /**
   * Applies a JSON merge patch to the object at a path.
   *
   * @param body patch as JSON
   */
  void patch(String path, String body) {
    HttpResponse<String> response =
        await(
            http.sendAsync(
                newRequest(path, Map.of(), JSON).patch(MERGE_PATCH, body).build(), String.class));
    if (!response.isSuccessful()) {
      throw ServerErrors.refused(server, response.code(), response.body());
    }
  }

  /** Gets a list as a table. */
  ServerTable table(String path, Map<String, String> query) {
    try {
      return ServerTable.parse(get(path, query, TABLE));
    } catch (IllegalArgumentException e) {
      throw ServerErrors.notKubernetes(server, e);
    }
  }

  /** Watches a list; its events contain tables. */
  EventStream watch(String path, Map<String, String> query, Duration patience) {
    HttpResponse<InputStream> response =
        await(http.sendAsync(request(path, query, TABLE), InputStream.class));
    if (response.isSuccessful()) {
      return new EventStream(response.body(), patience);
    }
    try (InputStream body = response.body()) {
      throw ServerErrors.refused(
          server, response.code(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw ServerErrors.unreachable(server, e);
    }
  }

  @Override
  public void close() {
    http.close();
  }

  private HttpRequest request(String path, Map<String, String> query, String accept) {
    return newRequest(path, query, accept).build();
  }

  private HttpRequest.Builder newRequest(String path, Map<String, String> query, String accept) {
    String parameters =
        query.entrySet().stream()
            .map(
                parameter ->
                    parameter.getKey()
                        + "="
                        + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
            .sorted()
            .collect(Collectors.joining("&"));
    return http.newHttpRequestBuilder()
        .uri(server + path + (parameters.isEmpty() ? "" : "?" + parameters))
        .header("Accept", accept)
        .timeout(RESPONSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw ServerErrors.unreachable(server, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientError("cluster " + server + ": interrupted", e);
    }
  }
}
