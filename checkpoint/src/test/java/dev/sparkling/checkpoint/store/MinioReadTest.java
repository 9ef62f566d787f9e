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
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads from a server whose connections break in the middle of a response. */
class MinioReadTest {

  private static final byte[] BYTES = new byte[300_000];

  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer server;
  private ObjectStore store;
  private int brokenAnswers;

  @BeforeEach
  void start() throws IOException {
    new Random(1).nextBytes(BYTES);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
    store =
        new MinioObjectStore(
            new S3Access(endpoint, "key", "secret", "us-east-1", Optional.empty()), "bucket", "");
  }

  @AfterEach
  void stop() {
    store.close();
    server.stop(0);
  }

  @Test
  void aResponseThatIsCutOffIsReadAgain() {
    brokenAnswers = 2;
    byte[] read = new byte[BYTES.length];
    read(read);
    assertThat(read).isEqualTo(BYTES);
    assertThat(requests).hasValue(3);
  }

  @Test
  void aResponseThatIsAlwaysCutOffIsTransient() {
    brokenAnswers = Integer.MAX_VALUE;
    assertThatThrownBy(() -> read(new byte[BYTES.length]))
        .isInstanceOf(TransientError.class)
        .hasMessageStartingWith("s3://bucket/k: ");
  }

  private void read(byte[] target) {
    StoredObject object = new StoredObject("k", BYTES.length, "etag", Instant.EPOCH);
    store.read(object, 0, MemorySegment.ofArray(target));
  }

  private void answer(HttpExchange exchange) throws IOException {
    boolean broken = requests.incrementAndGet() <= brokenAnswers;
    exchange.getResponseHeaders().add("ETag", "\"etag\"");
    exchange.getResponseHeaders().add("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT");
    exchange.sendResponseHeaders(206, BYTES.length);
    exchange.getResponseBody().write(broken ? Arrays.copyOf(BYTES, BYTES.length / 3) : BYTES);
    exchange.getResponseBody().flush();
    if (broken) {
      throw new IOException("the connection breaks");
    }
    exchange.close();
  }
}
