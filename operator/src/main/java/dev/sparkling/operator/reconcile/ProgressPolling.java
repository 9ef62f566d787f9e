package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.observe.PolledProgress;
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
 * Polls the progress of running trainers, each on its own virtual thread and at most once per
 * interval, so that a trainer that does not respond delays nothing. A missing response is not an
 * error of the run: the pod's status shows whether the trainer is alive. Responses may be
 * malformed, large or slow, because a resource may name any image.
 */
final class ProgressPolling {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** Maximum time from the request to the last byte of the response. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final int MAX_ANSWER_BYTES = 64 * 1024;
  private static final int OK = 200;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /** Polled pods by the uid of the run. */
  private final Map<String, Target> targets = new ConcurrentHashMap<>();

  private final Consumer<ResourceID> changed;
  private final int port;
  private final Duration interval;
  private final Counter errors;

  /** The pod of a run's trainer, and its last answer. */
  private static final class Target {
    private final String pod;
    private final AtomicBoolean pending = new AtomicBoolean();
    private volatile long nextRequest = System.nanoTime();
    private volatile @Nullable Progress answer;

    private Target(String pod) {
      this.pod = pod;
    }

    /** Whether an answer differs from the last one, without a step back, which no trainer takes. */
    private boolean isNews(Progress next) {
      Progress last = answer;
      return last == null || (!next.equals(last) && next.figures().step() >= last.figures().step());
    }

    private Optional<PolledProgress> latest() {
      return Optional.ofNullable(answer).map(progress -> new PolledProgress(pod, progress));
    }
  }

  /**
   * Creates the polling of trainers.
   *
   * @param port port of the trainers' progress
   * @param changed called after every response that differs from the last one
   */
  ProgressPolling(
      int port, Duration interval, MeterRegistry registry, Consumer<ResourceID> changed) {
    this.port = port;
    this.interval = interval;
    this.changed = changed;
    this.errors =
        Counter.builder("sparkling.progress.poll.errors")
            .description("Requests for progress that a trainer did not answer")
            .register(registry);
  }

  /** Returns the last progress of a run's trainer. */
  Optional<PolledProgress> latest(String uid) {
    return Optional.ofNullable(targets.get(uid)).flatMap(Target::latest);
  }

  /**
   * Requests a trainer's progress, unless the last request is pending or was less than an interval
   * ago.
   *
   * @param uid uid of the run
   * @param pod name of the trainer's pod; the progress of an earlier pod is forgotten
   * @return time until the next call
   */
  Duration poll(String uid, ResourceID run, String pod, String address) {
    Target target =
        targets.compute(
            uid, (_, known) -> known != null && known.pod.equals(pod) ? known : new Target(pod));
    long now = System.nanoTime();
    if (target.nextRequest - now <= 0 && target.pending.compareAndSet(false, true)) {
      target.nextRequest = now + interval.toNanos();
      Thread.ofVirtual().name("progress of " + run).start(() -> request(target, run, address));
    }
    Duration left = Duration.ofNanos(target.nextRequest - now);
    return left.isPositive() ? left : interval;
  }

  void forget(String uid) {
    targets.remove(uid);
  }

  private void request(Target target, ResourceID run, String address) {
    try {
      Optional<Progress> answer = fetch(address);
      if (answer.isPresent() && target.isNews(answer.get())) {
        target.answer = answer.get();
        changed.accept(run);
      }
    } finally {
      target.pending.set(false);
    }
  }

  private Optional<Progress> fetch(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/progress")).build();
    CompletableFuture<HttpResponse<byte[]>> exchange =
        http.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
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
