package dev.sparkling.operator.observe;

import dev.sparkling.operator.observe.WorkerPodState.Waiting;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A worker that is waiting for a reason that neither its job nor its pod shows; a warning event may
 * show it.
 *
 * @param object object whose events to look up: the pod, or a job without a pod
 * @param reasons event reasons that explain such a wait; others may be about earlier problems
 * @param since start of the wait
 */
public record UnexplainedWait(HasMetadata object, Set<String> reasons, Instant since) {

  /**
   * Reasons reported by the kubelet and the volume controller before a pod's first container
   * exists.
   */
  private static final Set<String> POD_REASONS =
      Set.of("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox");

  /**
   * Reasons reported by the job controller if a quota, an admission webhook or a policy rejects a
   * pod.
   */
  private static final Set<String> JOB_REASONS = Set.of("FailedCreate");

  /** Prefix of the message of an event that stands for several. */
  private static final String COMBINED = "(combined from similar events): ";

  static UnexplainedWait of(Pod pod, Instant since) {
    return new UnexplainedWait(pod, POD_REASONS, since);
  }

  static UnexplainedWait of(Job job, Instant since) {
    return new UnexplainedWait(job, JOB_REASONS, since);
  }

  /**
   * Finds the reason among events. If several events explain the wait, the one that was seen first
   * is used: later ones are often its consequences, and the newest one would change with every
   * retry.
   */
  Optional<Waiting> explain(Collection<Event> events) {
    String uid = object.getMetadata().getUid();
    return events.stream()
        .filter(event -> uid.equals(event.getInvolvedObject().getUid()))
        .filter(event -> reasons.contains(event.getReason()))
        .filter(event -> !lastSeen(event).isBefore(since))
        .min(
            Comparator.comparing(UnexplainedWait::firstSeen)
                .thenComparing(event -> event.getMetadata().getName()))
        .map(event -> new Waiting(event.getReason(), message(event)));
  }

  /** Returns the time of an event's last occurrence. */
  public static Instant lastSeen(Event event) {
    return Instant.parse(
        Objects.requireNonNullElse(
            event.getLastTimestamp(), event.getMetadata().getCreationTimestamp()));
  }

  private static Instant firstSeen(Event event) {
    return Instant.parse(
        Objects.requireNonNullElse(
            event.getFirstTimestamp(), event.getMetadata().getCreationTimestamp()));
  }

  /**
   * Returns the message as one line that is the same for every retry: a rejected pod has a new
   * random name each time.
   */
  private String message(Event event) {
    String message = Objects.requireNonNullElse(event.getMessage(), "").replace(COMBINED, "");
    String name = Pattern.quote(object.getMetadata().getName());
    return message
        .replaceAll("\\b(" + name + ")-[a-z0-9]{5}\\b", "$1")
        .replaceAll("\\s+", " ")
        .strip();
  }
}
