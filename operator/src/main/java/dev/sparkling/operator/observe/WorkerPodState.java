package dev.sparkling.operator.observe;

import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.stage.Worker.Activity;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The state of a worker's pod, according to the pod's status. */
public record WorkerPodState(Pod pod) {

  /** Waiting reasons of a container that is starting normally. */
  private static final Set<String> NORMAL_START = Set.of("ContainerCreating", "PodInitializing");

  /**
   * Waiting reasons that rarely go away unless a person acts: the image cannot be pulled, or a
   * Secret or ConfigMap of an environment variable is missing or lacks the key.
   */
  private static final Set<String> NEEDS_A_PERSON =
      Set.of(
          "CreateContainerConfigError",
          "ErrImageNeverPull",
          "ImagePullBackOff",
          "InvalidImageName");

  /**
   * Time since its scheduling for which a pod with such a reason is left to the kubelet, whose next
   * attempts may succeed.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Time after the end of its grace period at which a pod that has not ended counts as lost. */
  private static final Duration LOST_AFTER = Duration.ofMinutes(5);

  private static final String TERMINATING =
      " is terminating; if its node does not respond, another pod starts "
          + LOST_AFTER.toMinutes()
          + " minutes after the end of its grace period";

  /** A reason in one word, such as {@code Unschedulable}, and its message. */
  public record Waiting(String reason, String message) {}

  public String name() {
    return pod.getMetadata().getName();
  }

  /** Returns the pod's activity. */
  public Activity activity() {
    if (isStopping()) {
      // The next pod starts once this one is gone.
      return Activity.STARTING;
    }
    if (container().map(ContainerState::getRunning).isPresent()) {
      return Activity.WORKING;
    }
    return blocked().isPresent() ? Activity.BLOCKED : Activity.STARTING;
  }

  /** Returns the scheduler's or the kubelet's reason why the pod does not start. */
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
                .filter(waiting -> !NORMAL_START.contains(waiting.getReason()))
                .map(WorkerPodState::waiting));
  }

  /** Returns the reason why the pod cannot start without intervention, if there is one. */
  Optional<Waiting> stuck(Instant now) {
    return stuckAt().filter(at -> !now.isBefore(at)).flatMap(_ -> blocked());
  }

  /** Returns the time from which the pod counts as unable to start without intervention. */
  Optional<Instant> stuckAt() {
    return blocked()
        .filter(waiting -> NEEDS_A_PERSON.contains(waiting.reason()))
        .map(
            _ ->
                condition("PodScheduled", "True")
                    .map(PodCondition::getLastTransitionTime)
                    .map(Instant::parse)
                    .orElseGet(this::created)
                    .plus(PATIENCE));
  }

  /**
   * Returns the wait for the pod's volumes or sandbox, whose reason the pod's status does not show.
   * Once the sandbox is ready, the container's state shows why it waits; pulling an image is
   * normal, however long it takes.
   */
  Optional<UnexplainedWait> unexplainedWait() {
    if (isTerminating() || !isPending() || blocked().isPresent()) {
      return Optional.empty();
    }
    return condition("PodReadyToStartContainers", "True").isPresent()
        ? Optional.empty()
        : condition("PodScheduled", "True")
            .map(PodCondition::getLastTransitionTime)
            .map(scheduled -> UnexplainedWait.of(pod, Instant.parse(scheduled)));
  }

  private boolean isPending() {
    return "Pending".equals(status().getPhase()) && end().isEmpty();
  }

  /**
   * Returns the time at which the pod ended, if it has. For a pod whose container never started,
   * such as one that was evicted early, it is the creation time.
   */
  Optional<Instant> ended() {
    return end()
        .map(WorkerEnd::state)
        .map(end -> end.getFinishedAt() == null ? created() : Instant.parse(end.getFinishedAt()))
        .or(() -> "Failed".equals(status().getPhase()) ? Optional.of(created()) : Optional.empty());
  }

  /** Returns the end of the worker's container, if it has ended. */
  Optional<WorkerEnd> end() {
    return container().map(ContainerState::getTerminated).map(WorkerEnd::new);
  }

  /**
   * Whether the pod was evicted, preempted or asked to stop, which does not count against the
   * retries.
   */
  boolean wasDisrupted() {
    return condition("DisruptionTarget", "True").isPresent()
        || end().map(WorkerEnd::wasStopped).orElse(false);
  }

  /**
   * Whether the pod should have ended long ago, so that its node is unreachable. Its process may
   * still be running there, but cannot commit anything once another worker has taken the fence.
   */
  boolean isLost(Instant now) {
    return isStopping()
        && Instant.parse(pod.getMetadata().getDeletionTimestamp()).plus(LOST_AFTER).isBefore(now);
  }

  /** Returns the pod's address; empty unless its container is running. */
  public Optional<String> address() {
    return Optional.ofNullable(status().getPodIP())
        .filter(_ -> activity() == Activity.WORKING && !isTerminating());
  }

  private Instant created() {
    return Instant.parse(pod.getMetadata().getCreationTimestamp());
  }

  /** Whether the pod is being deleted and has not ended. */
  private boolean isStopping() {
    return isTerminating() && ended().isEmpty();
  }

  private boolean isTerminating() {
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
}
