package dev.sparkling.operator.observe;

import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.job.Outcome;
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

  private static final String TERMINATING =
      " is being stopped; where its node does not answer, it stays until the node is back or"
          + " somebody deletes it by force";

  /** How far it is. */
  public Activity activity() {
    if (isStopping()) {
      // The next one starts when it is gone.
      return Activity.STARTING;
    }
    if (container().map(ContainerState::getRunning).isPresent()) {
      return Activity.WORKING;
    }
    return blocked().isPresent() ? Activity.BLOCKED : Activity.STARTING;
  }

  /** Why it does not come up, in the scheduler's or the kubelet's words. */
  public Optional<Waiting> blocked() {
    if (isStopping()) {
      return Optional.of(new Waiting("Terminating", "pod " + name() + TERMINATING));
    }
    Optional<Waiting> unscheduled =
        condition("PodScheduled", "False")
            .filter(condition -> condition.getReason() != null)
            .map(WorkerPodState::waiting);
    return unscheduled.or(
        () ->
            container()
                .map(ContainerState::getWaiting)
                .filter(waiting -> waiting.getReason() != null)
                .filter(waiting -> !COMING_UP.contains(waiting.getReason()))
                .map(WorkerPodState::waiting));
  }

  /**
   * Whether it waits for its volumes or its network, of which a pod says nothing. Once it has both,
   * its container's state says the rest, and pulling an image is no trouble.
   */
  Optional<SilentWait> silentWait() {
    if (isGoing() || !isComingUp() || blocked().isPresent()) {
      return Optional.empty();
    }
    return condition("PodReadyToStartContainers", "True").isPresent()
        ? Optional.empty()
        : condition("PodScheduled", "True")
            .map(PodCondition::getLastTransitionTime)
            .map(scheduled -> SilentWait.of(pod, Instant.parse(scheduled)));
  }

  private boolean isComingUp() {
    return "Pending".equals(status().getPhase()) && terminated().isEmpty();
  }

  /** When it ended, if it did; an evicted pod may never have had a container. */
  Optional<Instant> ended() {
    return terminated()
        .map(end -> end.getFinishedAt() == null ? created() : Instant.parse(end.getFinishedAt()))
        .or(() -> "Failed".equals(status().getPhase()) ? Optional.of(created()) : Optional.empty());
  }

  /** How its container ended, if it did. */
  public Optional<ContainerStateTerminated> terminated() {
    return container().map(ContainerState::getTerminated);
  }

  /** Whether it was asked to stop or taken away, which the job does not charge. */
  boolean wasDisrupted() {
    return condition("DisruptionTarget", "True").isPresent()
        || terminated().map(ContainerStateTerminated::getExitCode).orElse(0)
            == Outcome.STOPPED_EXIT_CODE;
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

  /** Somebody deletes it, and it has not ended. */
  private boolean isStopping() {
    return isGoing() && ended().isEmpty();
  }

  private boolean isGoing() {
    return pod.getMetadata().getDeletionTimestamp() != null;
  }

  private Optional<ContainerState> container() {
    return status().getContainerStatuses().stream()
        .filter(container -> WorkerJobs.CONTAINER.equals(container.getName()))
        .findFirst()
        .map(ContainerStatus::getState);
  }

  private Optional<PodCondition> condition(String type, String value) {
    return status().getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .filter(condition -> value.equals(condition.getStatus()))
        .findFirst();
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
