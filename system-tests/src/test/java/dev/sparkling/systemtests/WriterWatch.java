package dev.sparkling.systemtests;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Records the running workers of a run, and the epochs of its fence. */
final class WriterWatch implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final Run run;
  private final StoredRun stored;
  private final List<List<String>> several = new CopyOnWriteArrayList<>();
  private final List<Integer> epochs = new CopyOnWriteArrayList<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final CompletableFuture<Void> watching;

  WriterWatch(Cluster cluster, Run run) {
    this.run = run;
    stored = new StoredRun(cluster, run);
    watching = CompletableFuture.runAsync(this::watch, Thread::startVirtualThread);
  }

  private void watch() {
    try {
      while (!stopped.get()) {
        List<String> running =
            run.pods().stream()
                .filter(WriterWatch::isRunning)
                .map(pod -> pod.getMetadata().getName())
                .toList();
        if (running.size() > 1) {
          several.add(running);
        }
        int epoch = stored.epoch();
        if (epochs.isEmpty() ? epoch > 0 : epochs.getLast() != epoch) {
          epochs.add(epoch);
        }
        Thread.sleep(INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isRunning(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .map(ContainerStatus::getState)
        .anyMatch(state -> state.getRunning() != null);
  }

  /** The workers that were seen running at the same time, each time that it was seen. */
  List<List<String>> severalWorkers() {
    return several;
  }

  /** The epochs that were seen, in their order. */
  List<Integer> epochs() {
    return epochs;
  }

  /** Fails if the watch itself has failed. */
  @Override
  public void close() {
    stopped.set(true);
    watching.orTimeout(1, TimeUnit.MINUTES).join();
  }
}
