package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run never has two writers, whatever happens to its jobs. */
class WriterE2E {

  private static final String NAMESPACE = "writer";

  /** An upload is in progress nearly all the time. */
  private static final String CHECKPOINTS = "training: {checkpoints: {everySteps: 2, keepLast: 2}}";

  private static final Pattern EPOCH = Pattern.compile("\"epoch\"\\s*:\\s*(\\d+)");
  private static final Pattern WEIGHTS =
      Pattern.compile(
          "\"model-00001-of-00001.safetensors\"[^}]*\"sha256\"\\s*:\\s*\"([0-9a-f]{64})\"");

  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.kubectl("-n", NAMESPACE, "delete", "pt", "--all", "--wait=false");
    cluster.close();
  }

  @Test
  void jobsAndResourcesThatAreDeletedGiveNoSecondWriterAndTheSameWeights() throws Exception {
    Run undisturbed = TinyRun.apply(cluster, NAMESPACE, "undisturbed", CHECKPOINTS);
    undisturbed.awaitPhase("Succeeded");

    Run disturbed = TinyRun.apply(cluster, NAMESPACE, "disturbed", CHECKPOINTS);
    try (Watcher watcher = new Watcher(cluster, disturbed)) {
      for (int step : List.of(20, 50, 80)) {
        disturbed.awaitThat(
            "a trainer at step " + step,
            run ->
                run.step() >= step
                    && run.activePods().stream()
                        .anyMatch(pod -> pod.getMetadata().getDeletionTimestamp() == null));
        cluster.kubectl("-n", NAMESPACE, "delete", "job", "disturbed-narrow-train", "--wait=false");
      }
      disturbed.awaitStage("Training", "wide");
      disturbed.awaitThat("a checkpoint", run -> run.stage(1).get("checkpoint") != null);
      cluster.kubectl("-n", NAMESPACE, "delete", "pt", "disturbed", "--wait=false");
      disturbed.awaitGone();
      TinyRun.apply(cluster, NAMESPACE, "disturbed", CHECKPOINTS).awaitPhase("Succeeded");
      assertThat(watcher.violations()).isEmpty();
      assertThat(watcher.epochs()).hasSizeGreaterThan(4).isSorted();
    }
    assertThat(weights(disturbed)).isEqualTo(weights(undisturbed));
  }

  /** The SHA-256 of the final weights. */
  private String weights(Run run) {
    String manifest =
        TinyRun.objects(cluster, run).stream()
            .filter(key -> key.matches(".*/wide/checkpoints/step-00000240-[^/]+/manifest.json"))
            .findFirst()
            .orElseThrow();
    Matcher found = WEIGHTS.matcher(TinyRun.object(cluster, manifest));
    assertThat(found.find()).as("the weights in the manifest").isTrue();
    return found.group(1);
  }

  /** Records the running workers and the epochs of the fence. */
  private static final class Watcher implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final Set<String> violations = new TreeSet<>();
    private final List<Integer> epochs = new CopyOnWriteArrayList<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread;

    Watcher(Cluster cluster, Run run) {
      thread = Thread.ofVirtual().start(() -> watch(cluster, run));
    }

    private void watch(Cluster cluster, Run run) {
      while (!stopped.get()) {
        Set<String> running =
            run.pods().stream()
                .filter(Watcher::isRunning)
                .map(pod -> pod.getMetadata().getName())
                .collect(Collectors.toSet());
        if (running.size() > 1) {
          synchronized (violations) {
            violations.add("running at the same time: " + new TreeSet<>(running));
          }
        }
        TinyRun.objects(cluster, run).stream()
            .filter(key -> key.endsWith("/fence.json"))
            .forEach(key -> record(TinyRun.object(cluster, key)));
        try {
          Thread.sleep(INTERVAL);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    private void record(String fence) {
      Matcher found = EPOCH.matcher(fence);
      if (found.find()) {
        int epoch = Integer.parseInt(found.group(1));
        if (epochs.isEmpty() || epochs.getLast() != epoch) {
          epochs.add(epoch);
        }
      }
    }

    private static boolean isRunning(Pod pod) {
      return pod.getStatus().getContainerStatuses().stream()
          .map(ContainerStatus::getState)
          .anyMatch(state -> state.getRunning() != null);
    }

    List<String> violations() {
      synchronized (violations) {
        return new ArrayList<>(violations);
      }
    }

    List<Integer> epochs() {
      return epochs;
    }

    @Override
    public void close() {
      stopped.set(true);
      try {
        thread.join(Duration.ofMinutes(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
