package dev.sparkling.operator.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.job.Progress;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Asks the trainers at work how far they are, each on a virtual thread of its own, so that one that
 * does not answer holds up nobody. One that does not answer is no error of the run: its pod says
 * whether it lives.
 */
final class ProgressPolling {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int OK = 200;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final ObjectMapper json = new ObjectMapper();
  private final Map<ResourceID, Progress> answers = new ConcurrentHashMap<>();
  private final Set<ResourceID> asking = ConcurrentHashMap.newKeySet();
  private final Consumer<ResourceID> changed;
  private final int port;
  private final Counter errors;

  /**
   * Asks nobody yet.
   *
   * @param port that trainers answer on
   * @param changed told of every answer that says something new
   */
  ProgressPolling(int port, MeterRegistry registry, Consumer<ResourceID> changed) {
    this.port = port;
    this.changed = changed;
    this.errors =
        Counter.builder("sparkling.progress.poll.errors")
            .description("Trainers that did not answer when asked how far they are")
            .register(registry);
  }

  /** The last answer of a run's trainer. */
  Optional<Progress> latest(ResourceID run) {
    return Optional.ofNullable(answers.get(run));
  }

  /** Asks a trainer, unless the last question is still open. */
  void ask(ResourceID run, String address) {
    if (asking.add(run)) {
      Thread.ofVirtual().name("progress of " + run).start(() -> exchange(run, address));
    }
  }

  void forget(ResourceID run) {
    answers.remove(run);
  }

  private void exchange(ResourceID run, String address) {
    try {
      fetch(address)
          .filter(answer -> !answer.equals(answers.put(run, answer)))
          .ifPresent(_ -> changed.accept(run));
    } finally {
      asking.remove(run);
    }
  }

  private Optional<Progress> fetch(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/progress"))
            .timeout(TIMEOUT)
            .build();
    try {
      HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
      return answer.statusCode() == OK
          ? Optional.of(json.readValue(answer.body(), Progress.class))
          : Optional.empty();
    } catch (IOException e) {
      errors.increment();
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
