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
 * A worker that waits while neither its job nor its pod says why; warnings about one of them may.
 *
 * @param object what the warnings would be about: the pod, or a job that has none
 * @param telling the reasons that explain such a wait; others may be of an earlier trouble
 * @param since when it began
 */
public record SilentWait(HasMetadata object, Set<String> telling, Instant since) {

  /** The kubelet's and the volume controller's, before a pod's first container is created. */
  private static final Set<String> OF_A_POD =
      Set.of("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox");

  /** The job controller's, whose pods a quota, an admission webhook or a policy refuses. */
  private static final Set<String> OF_A_JOB = Set.of("FailedCreate");

  /** Which an event's message gets that stands for many. */
  private static final String COMBINED = "(combined from similar events): ";

  static SilentWait of(Pod pod, Instant since) {
    return new SilentWait(pod, OF_A_POD, since);
  }

  static SilentWait of(Job job, Instant since) {
    return new SilentWait(job, OF_A_JOB, since);
  }

  /**
   * The reason, if one of these events has it. Of several the one that was there first, because
   * what comes later is often its consequence, and because the newest would change with every try.
   */
  Optional<Waiting> explain(Collection<Event> warnings) {
    String uid = object.getMetadata().getUid();
    return warnings.stream()
        .filter(event -> uid.equals(event.getInvolvedObject().getUid()))
        .filter(event -> telling.contains(event.getReason()))
        .filter(event -> !lastSeen(event).isBefore(since))
        .min(
            Comparator.comparing(SilentWait::firstSeen)
                .thenComparing(event -> event.getMetadata().getName()))
        .map(event -> new Waiting(event.getReason(), sentence(event)));
  }

  /** When it was said the last time. */
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

  /** One line, and the same at every try: a refused pod has another random name each time. */
  private String sentence(Event event) {
    String message = Objects.requireNonNullElse(event.getMessage(), "").replace(COMBINED, "");
    String name = Pattern.quote(object.getMetadata().getName());
    return message
        .replaceAll("\\b(" + name + ")-[a-z0-9]{5}\\b", "$1")
        .replaceAll("\\s+", " ")
        .strip();
  }
}
