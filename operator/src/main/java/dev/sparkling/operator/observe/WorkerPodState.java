package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.stage.Worker.Activity;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What a pod says of itself. */
public record WorkerPodState(Pod pod) {

  /** The kubelet's words for a container that comes up as it should. */
  private static final Set<String> COMING_UP = Set.of("ContainerCreating", "PodInitializing");

  /** How far it is. */
  public Activity activity() {
    if (container().map(ContainerState::getRunning).isPresent()) {
      return Activity.WORKING;
    }
    return blocked().isPresent() ? Activity.BLOCKED : Activity.STARTING;
  }

  /** Why it does not come up, in the scheduler's or the kubelet's words. */
  public Optional<Waiting> blocked() {
    Optional<Waiting> unscheduled =
        status().getConditions().stream()
            .filter(condition -> condition.getType().equals("PodScheduled"))
            .filter(condition -> "False".equals(condition.getStatus()))
            .filter(condition -> condition.getReason() != null)
            .findFirst()
            .map(WorkerPodState::waiting);
    return unscheduled.or(
        () ->
            container()
                .map(ContainerState::getWaiting)
                .filter(waiting -> waiting.getReason() != null)
                .filter(waiting -> !COMING_UP.contains(waiting.getReason()))
                .map(WorkerPodState::waiting));
  }

  /** How its container ended, if it did. */
  public Optional<ContainerStateTerminated> terminated() {
    return container().map(ContainerState::getTerminated);
  }

  /** Where its trainer answers; empty unless its container runs. */
  public Optional<String> address() {
    return Optional.ofNullable(status().getPodIP())
        .filter(_ -> activity() == Activity.WORKING && !isGoing());
  }

  Instant created() {
    return Instant.parse(pod.getMetadata().getCreationTimestamp());
  }

  public String name() {
    return pod.getMetadata().getName();
  }

  private boolean isGoing() {
    return pod.getMetadata().getDeletionTimestamp() != null;
  }

  private Optional<ContainerState> container() {
    return status().getContainerStatuses().stream().findFirst().map(ContainerStatus::getState);
  }

  private PodStatus status() {
    return Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
  }

  private static Waiting waiting(PodCondition condition) {
    return new Waiting(
        condition.getReason(), Objects.requireNonNullElse(condition.getMessage(), ""));
  }

  private static Waiting waiting(ContainerStateWaiting waiting) {
    return new Waiting(waiting.getReason(), Objects.requireNonNullElse(waiting.getMessage(), ""));
  }

  /** A reason in one word, such as {@code Unschedulable}, and what was said of it. */
  public record Waiting(String reason, String message) {}
}
