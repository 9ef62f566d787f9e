package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sparkling.pipeline.error.TransientError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Uploads to a server that misbehaves as real ones occasionally do. */
class MinioUploadTest {

  private static final int TWO_PARTS = 20 << 20;

  private final AtomicInteger completions = new AtomicInteger();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private ObjectStore store;
  private String sizeOnServer = Integer.toString(TWO_PARTS);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    store =
        new MinioObjectStore(
            new S3Access(
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "key",
                "secret",
                "us-east-1",
                Optional.empty()),
            "bucket",
            "");
  }

  @AfterEach
  void stop() {
    store.close();
    server.stop(0);
  }

  @Test
  void aCompletionWhoseResponseWasLostIsDetected() {
    upload();
    assertThat(completions).hasValue(2);
  }

  @Test
  void aCompletionThatDidNotHappenIsAnError() {
    sizeOnServer = "3";
    assertThatThrownBy(this::upload)
        .isInstanceOf(TransientError.class)
        .hasMessage("s3://bucket/k: the server no longer has the upload");
  }

  @Test
  void noPartIsInFlightWhenAnUploadIsAborted() {
    try (ObjectUpload upload = store.create("k")) {
      upload.write(MemorySegment.ofArray(new byte[TWO_PARTS]));
    }
    assertThat(calls).containsExactly("POST", "PUT", "PUT ended", "DELETE");
  }

  @Test
  void anUploadStartsOverWhereTheServerListsNoInterruptedOnes() {
    try (ObjectUpload upload = store.resume("k")) {
      upload.write(MemorySegment.ofArray(new byte[3]));
      upload.commit();
    }
    assertThat(calls).containsExactly("GET", "PUT", "PUT ended");
  }

  private void upload() {
    try (ObjectUpload upload = store.create("k")) {
      upload.write(MemorySegment.ofArray(new byte[TWO_PARTS]));
      upload.commit();
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    calls.add(exchange.getRequestMethod());
    exchange.getRequestBody().readAllBytes();
    switch (exchange.getRequestMethod()) {
      case "PUT" -> {
        pause();
        calls.add("PUT ended");
        exchange.getResponseHeaders().add("ETag", "\"00000000000000000000000000000000\"");
        send(exchange, 200, "");
      }
      case "HEAD" -> {
        exchange.getResponseHeaders().add("ETag", "\"00000000000000000000000000000000-2\"");
        exchange.getResponseHeaders().add("Content-Length", sizeOnServer);
        exchange.getResponseHeaders().add("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT");
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
      }
      case "GET" -> send(exchange, 404, error("NoSuchKey"));
      case "DELETE" -> send(exchange, 204, "");
      default -> {
        if (query.contains("uploadId") && completions.incrementAndGet() == 1) {
          send(exchange, 503, error("SlowDown"));
        } else if (query.contains("uploadId")) {
          send(exchange, 404, error("NoSuchUpload"));
        } else {
          send(
              exchange,
              200,
              "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>k</Key>"
                  + "<UploadId>id</UploadId></InitiateMultipartUploadResult>");
        }
      }
    }
  }

  private static String error(String code) {
    return "<Error><Code>"
        + code
        + "</Code><Message>m</Message><BucketName>bucket</BucketName><Resource>/bucket/k</Resource>"
        + "<RequestId>r</RequestId><HostId>h</HostId></Error>";
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/xml");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
