package dev.sparkling.operator.reconcile;

import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.Progress;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the trainers at work how far they are, each on a virtual thread of its own and no oftener
 * than at an interval, so that one that does not answer holds up nobody. One that does not answer
 * is no error of the run: its pod says whether it lives. A resource may name any image, so that no
 * answer is believed to be well-formed, short or quick.
 */
final class ProgressPolling {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** From question to the last byte of the answer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final int LARGEST_ANSWER_BYTES = 64 * 1024;
  private static final int OK = 200;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /** By the uid of their run. */
  private final Map<String, Trainer> trainers = new ConcurrentHashMap<>();

  private final Consumer<ResourceID> changed;
  private final int port;
  private final Duration interval;
  private final Counter errors;

  /** What is known of a run's trainer. */
  private static final class Trainer {
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile long nextQuestion = System.nanoTime();
    private volatile @Nullable Progress answer;
  }

  /**
   * Asks nobody yet.
   *
   * @param port that trainers answer on
   * @param changed told of every answer that says something new
   */
  ProgressPolling(
      int port, Duration interval, MeterRegistry registry, Consumer<ResourceID> changed) {
    this.port = port;
    this.interval = interval;
    this.changed = changed;
    this.errors =
        Counter.builder("sparkling.progress.poll.errors")
            .description("Trainers that did not answer when asked how far they are")
            .register(registry);
  }

  /** The last answer of a run's trainer. */
  Optional<Progress> latest(String uid) {
    return Optional.ofNullable(trainers.get(uid)).map(trainer -> trainer.answer);
  }

  /**
   * Asks a trainer, unless that was done a moment ago or the last question is still open.
   *
   * @return when to call again
   */
  Duration ask(String uid, ResourceID run, String address) {
    Trainer trainer = trainers.computeIfAbsent(uid, _ -> new Trainer());
    long now = System.nanoTime();
    if (trainer.nextQuestion - now <= 0 && trainer.asked.compareAndSet(false, true)) {
      trainer.nextQuestion = now + interval.toNanos();
      Thread.ofVirtual().name("progress of " + run).start(() -> exchange(trainer, run, address));
    }
    Duration left = Duration.ofNanos(trainer.nextQuestion - now);
    return left.isPositive() ? left : interval;
  }

  void forget(String uid) {
    trainers.remove(uid);
  }

  private void exchange(Trainer trainer, ResourceID run, String address) {
    try {
      Optional<Progress> answer = fetch(address);
      if (answer.isPresent() && !answer.equals(Optional.ofNullable(trainer.answer))) {
        trainer.answer = answer.get();
        changed.accept(run);
      }
    } finally {
      trainer.asked.set(false);
    }
  }

  private Optional<Progress> fetch(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/progress")).build();
    CompletableFuture<HttpResponse<byte[]>> exchange =
        http.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), LARGEST_ANSWER_BYTES));
    try {
      HttpResponse<byte[]> answer = exchange.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      return answer.statusCode() == OK
          ? JobJson.decodeProgress(new String(answer.body(), StandardCharsets.UTF_8))
              .filter(progress -> progress.stage() != null)
          : Optional.empty();
    } catch (ExecutionException | TimeoutException e) {
      errors.increment();
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      exchange.cancel(true);
    }
  }
}
