package dev.sparkling.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Polls a real server, which answers as a trainer does, or as none should. */
class ProgressPollingTest {

  private static final String RUN = "run-uid";
  private static final String POD = "demo-narrow-train-aaaaa";
  private static final ResourceID NAME = new ResourceID("demo", "research");
  private static final String ANSWER = "{\"stage\": \"narrow\", \"step\": %d, \"loss\": 3.5}";
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofMinutes(5);

  private final BlockingQueue<ResourceID> reported = new LinkedBlockingQueue<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch testEnds = new CountDownLatch(1);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private ExecutorService threads;
  private HttpServer server;
  private volatile Answer answer = exchange -> answerWith(exchange, "");

  /** How the trainer answers. */
  private interface Answer {
    void give(HttpExchange exchange) throws IOException, InterruptedException;
  }

  @BeforeEach
  void start() throws IOException {
    threads = Executors.newVirtualThreadPerTaskExecutor();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/progress", this::handle);
    server.start();
  }

  @AfterEach
  void stop() {
    testEnds.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void anAnswerIsKeptAndReportedOnce() throws InterruptedException {
    answer = exchange -> answerWith(exchange, ANSWER.formatted(10));
    ProgressPolling polling = polling(SHORT);
    pollUntilPolled(polling, 3);
    assertThat(reported.poll(10, TimeUnit.SECONDS)).isEqualTo(NAME);
    assertThat(polling.latest(RUN).orElseThrow().progress().figures().step()).isEqualTo(10);
    assertThat(reported).isEmpty();
    answer = exchange -> answerWith(exchange, ANSWER.formatted(20));
    pollUntilPolled(polling, requests.get() + 2);
    assertThat(reported.poll(10, TimeUnit.SECONDS)).isEqualTo(NAME);
    polling.forget(RUN);
    assertThat(polling.latest(RUN)).isEmpty();
  }

  @Test
  void aStepBackIsIgnored() throws InterruptedException {
    answer = exchange -> answerWith(exchange, ANSWER.formatted(10));
    ProgressPolling polling = polling(SHORT);
    pollUntilPolled(polling, 2);
    assertThat(reported.poll(10, TimeUnit.SECONDS)).isEqualTo(NAME);
    answer = exchange -> answerWith(exchange, ANSWER.formatted(9));
    pollUntilPolled(polling, requests.get() + 3);
    assertThat(polling.latest(RUN).orElseThrow().progress().figures().step()).isEqualTo(10);
    assertThat(reported).isEmpty();
  }

  @Test
  void theAnswerOfAnEarlierPodIsForgottenWhenTheNextOneIsPolled() throws InterruptedException {
    answer = exchange -> answerWith(exchange, ANSWER.formatted(10));
    ProgressPolling polling = polling(LONG);
    poll(polling);
    assertThat(reported.poll(10, TimeUnit.SECONDS)).isEqualTo(NAME);
    assertThat(polling.latest(RUN).orElseThrow().pod()).isEqualTo(POD);
    answer = exchange -> answerWith(exchange, "");
    polling.poll(RUN, NAME, "demo-narrow-train-bbbbb", "127.0.0.1");
    assertThat(polling.latest(RUN)).isEmpty();
  }

  @Test
  void noTrainerIsPolledMoreOftenThanOncePerInterval() throws InterruptedException {
    answer = exchange -> answerWith(exchange, ANSWER.formatted(10));
    ProgressPolling polling = polling(LONG);
    Duration first = poll(polling);
    reported.poll(10, TimeUnit.SECONDS);
    for (int i = 0; i < 10; i++) {
      assertThat(poll(polling)).isPositive().isLessThanOrEqualTo(first);
    }
    assertThat(requests).hasValue(1);
  }

  @Test
  void anAnswerThatIsNotATrainersIsIgnored() throws InterruptedException {
    ProgressPolling polling = polling(SHORT);
    for (String text :
        new String[] {"", "null", "[]", "{\"step\": 3}", "<html>", "{\"stage\": 1"}) {
      answer = exchange -> answerWith(exchange, text);
      pollUntilPolled(polling, requests.get() + 2);
    }
    assertThat(polling.latest(RUN)).isEmpty();
    assertThat(reported).isEmpty();
  }

  @Test
  void anEndlessAnswerIsAbandoned() throws InterruptedException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] noise = " ".repeat(64 * 1024).getBytes(StandardCharsets.UTF_8);
          while (testEnds.getCount() > 0) {
            exchange.getResponseBody().write(noise);
          }
        };
    awaitError(polling(SHORT));
  }

  @Test
  void anAnswerThatStallsIsAbandonedAndTheTrainerPolledAgain() throws InterruptedException {
    answer =
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          testEnds.await();
        };
    ProgressPolling polling = polling(SHORT);
    awaitError(polling);
    answer = exchange -> answerWith(exchange, ANSWER.formatted(30));
    pollUntilPolled(polling, requests.get() + 1);
    assertThat(reported.poll(10, TimeUnit.SECONDS)).isEqualTo(NAME);
  }

  private ProgressPolling polling(Duration interval) {
    return new ProgressPolling(server.getAddress().getPort(), interval, registry, reported::add);
  }

  private Duration poll(ProgressPolling polling) {
    return polling.poll(RUN, NAME, POD, server.getAddress().getAddress().getHostAddress());
  }

  private void pollUntilPolled(ProgressPolling polling, int times) throws InterruptedException {
    for (int i = 0; requests.get() < times; i++) {
      assertThat(i).as("tries until the trainer was polled %d times", times).isLessThan(5_000);
      poll(polling);
      Thread.sleep(2);
    }
  }

  /** A request is abandoned after seconds. */
  private void awaitError(ProgressPolling polling) throws InterruptedException {
    for (int i = 0; registry.counter("sparkling.progress.poll.errors").count() < 1; i++) {
      assertThat(i).as("tries until one was abandoned").isLessThan(5_000);
      poll(polling);
      Thread.sleep(5);
    }
    assertThat(polling.latest(RUN)).isEmpty();
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    try (exchange) {
      answer.give(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answerWith(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
