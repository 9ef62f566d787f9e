package dev.sparkling.operator.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.WorkerPodState;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingEventSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Asks the trainers at work how far they are, on virtual threads, so that one that does not answer
 * holds up nobody. A trainer that does not answer is no error: its pod says whether it lives.
 */
final class ProgressPolling {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int POLLERS = 64;
  private static final int PORT = 9400;
  private static final int OK = 200;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(TIMEOUT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final ObjectMapper json = new ObjectMapper();
  private final InformerEventSource<Pod, ProgressiveTrainingResource> pods;
  private final Counter errors;

  ProgressPolling(
      InformerEventSource<Pod, ProgressiveTrainingResource> pods, MeterRegistry metrics) {
    this.pods = pods;
    this.errors =
        Counter.builder("sparkling.progress.poll.errors")
            .description("Trainers that did not answer when asked how far they are")
            .register(metrics);
  }

  PerResourcePollingEventSource<Progress, ProgressiveTrainingResource, String> source(
      EventSourceContext<ProgressiveTrainingResource> context, Duration interval) {
    ScheduledExecutorService pollers =
        Executors.newScheduledThreadPool(
            POLLERS, Thread.ofVirtual().name("progress-", 0).factory());
    return new PerResourcePollingEventSource<>(
        Progress.class,
        context,
        new PerResourcePollingConfigurationBuilder<Progress, ProgressiveTrainingResource, String>(
                this::ask, interval)
            .withExecutorService(pollers)
            .withRegisterPredicate(ProgressPolling::mayTrain)
            .withResourceIDMapper(Progress::stage)
            .build());
  }

  private static boolean mayTrain(ProgressiveTrainingResource run) {
    ProgressiveTrainingStatus status = run.getStatus();
    return status != null && (status.phase() == Phase.TRAINING || status.phase() == Phase.PENDING);
  }

  private Set<Progress> ask(ProgressiveTrainingResource run) {
    Optional<String> address =
        pods.getSecondaryResources(run).stream()
            .filter(
                pod ->
                    Labels.word(Work.TRAIN).equals(pod.getMetadata().getLabels().get(Labels.WORK)))
            .max(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
            .flatMap(pod -> new WorkerPodState(pod).address());
    return address.flatMap(this::ask).map(Set::of).orElse(Set.of());
  }

  private Optional<Progress> ask(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + PORT + "/progress"))
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
