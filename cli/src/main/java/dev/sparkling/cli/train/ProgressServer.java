package dev.sparkling.cli.train;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.Progress;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code GET /progress} and {@code GET /metrics} on its own threads, for which training
 * never waits.
 */
final class ProgressServer implements AutoCloseable {

  /**
   * Time limit for requests and responses. It is set by system properties, which the JDK reads when
   * its server is first used.
   */
  private static final String LIMIT_SECONDS = "10";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** An HTTP response. */
  private record Response(int status, String type, String body) {
    static Response reason(int status, String why) {
      return json(status, "{\"reason\":\"" + why + "\"}");
    }

    static Response json(int status, String text) {
      return new Response(status, "application/json", text);
    }
  }

  /**
   * Starts the server.
   *
   * @param run name of the run
   * @param progress returns the latest progress; null if there is none yet
   */
  ProgressServer(int port, String run, Supplier<@Nullable Progress> progress) {
    System.setProperty("sun.net.httpserver.maxReqTime", LIMIT_SECONDS);
    System.setProperty("sun.net.httpserver.maxRspTime", LIMIT_SECONDS);
    try {
      this.server = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      threads.close();
      throw new UserError(
          "progress port %d: cannot be served: %s".formatted(port, e.getMessage()), e);
    }
    PrometheusRegistry metrics = TrainerMetrics.of(run, progress);
    server.createContext("/", exchange -> respond(exchange, progress.get(), metrics));
    server.setExecutor(threads);
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void respond(
      HttpExchange exchange, @Nullable Progress progress, PrometheusRegistry metrics)
      throws IOException {
    try (exchange) {
      Response response =
          exchange.getRequestMethod().equals("GET")
              ? switch (exchange.getRequestURI().getPath()) {
                case "/progress" -> progress(progress);
                case "/metrics" -> metrics(metrics);
                default -> Response.reason(404, "not found; available: /progress, /metrics");
              }
              : Response.reason(405, "only GET is allowed");
      exchange.getResponseHeaders().set("Content-Type", response.type());
      byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(response.status(), body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static Response progress(@Nullable Progress progress) {
    return progress == null
        ? Response.reason(503, "the training has not restored its state yet")
        : Response.json(200, JobJson.encode(progress));
  }

  private static Response metrics(PrometheusRegistry registry) {
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      writer.write(body, registry.scrape());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return new Response(200, writer.getContentType(), body.toString(StandardCharsets.UTF_8));
  }
}
