package dev.sparkling.cli.pod;

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
 * Answers {@code GET /progress} and {@code GET /metrics}, on threads of its own that no training
 * waits for.
 */
public final class ProgressServer implements AutoCloseable {

  /** Whoever asks slower than this is cut off; read by the JDK when its server is first used. */
  private static final String LONGEST_SECONDS = "10";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** What is answered. */
  private record Answer(int status, String type, String body) {
    static Answer reason(int status, String why) {
      return json(status, "{\"reason\":\"" + why + "\"}");
    }

    static Answer json(int status, String text) {
      return new Answer(status, "application/json", text);
    }
  }

  /**
   * Serves at once.
   *
   * @param progress null as long as nothing is known
   */
  public ProgressServer(int port, String run, Supplier<@Nullable Progress> progress) {
    System.setProperty("sun.net.httpserver.maxReqTime", LONGEST_SECONDS);
    System.setProperty("sun.net.httpserver.maxRspTime", LONGEST_SECONDS);
    try {
      this.server = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      threads.close();
      throw new UserError(
          "--progress-port: %d cannot be served: %s".formatted(port, e.getMessage()), e);
    }
    PrometheusRegistry metrics = TrainerMetrics.of(run, progress);
    server.createContext("/", exchange -> answer(exchange, progress.get(), metrics));
    server.setExecutor(threads);
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(
      HttpExchange exchange, @Nullable Progress progress, PrometheusRegistry metrics)
      throws IOException {
    try (exchange) {
      Answer answer =
          exchange.getRequestMethod().equals("GET")
              ? switch (exchange.getRequestURI().getPath()) {
                case "/progress" -> progress(progress);
                case "/metrics" -> metrics(metrics);
                default -> Answer.reason(404, "nothing is here; try /progress or /metrics");
              }
              : Answer.reason(405, "only GET is answered");
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static Answer progress(@Nullable Progress progress) {
    return progress == null
        ? Answer.reason(503, "the training has not restored its state yet")
        : Answer.json(200, JobJson.encode(progress));
  }

  private static Answer metrics(PrometheusRegistry registry) {
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      writer.write(body, registry.scrape());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return new Answer(200, writer.getContentType(), body.toString(StandardCharsets.UTF_8));
  }
}
