package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.UnexplainedWait;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Looks up the warning events about a worker whose wait is unexplained. Events are listed for a
 * single object and only while it waits, because watching all events of a cluster would cost more
 * than the rest of the operator.
 */
final class EventLookup {

  private static final Logger LOG = Logger.getLogger(EventLookup.class);

  /** Time before the first lookup, within which nearly every pod gets its volumes. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /**
   * Largest age of an event. Kubernetes reports a persistent failure about every five minutes or
   * more often, so an older event is about a failure that is over.
   */
  private static final Duration MAX_AGE = Duration.ofMinutes(10);

  private final KubernetesClient client;
  private final InstantSource clock;

  EventLookup(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Adds the events about a worker whose wait has been unexplained for a while. */
  RunJobs addTo(RunJobs jobs) {
    return jobs.unexplainedWait()
        .filter(wait -> waited(wait).compareTo(PATIENCE) >= 0)
        .map(wait -> jobs.with(list(wait)))
        .orElse(jobs);
  }

  /** Returns the time until the next lookup; empty if there is no unexplained wait. */
  Optional<Duration> nextLookup(RunJobs jobs) {
    return jobs.unexplainedWait()
        .map(wait -> PATIENCE.minus(waited(wait)))
        .map(left -> left.isPositive() ? left : INTERVAL);
  }

  private Duration waited(UnexplainedWait wait) {
    return Duration.between(wait.since(), clock.instant());
  }

  /**
   * Lists the events of an object. A failure is only logged, because a status without the reason is
   * better than none.
   */
  private List<Event> list(UnexplainedWait wait) {
    ObjectMeta object = wait.object().getMetadata();
    Instant oldest = clock.instant().minus(MAX_AGE);
    try {
      return client
          .v1()
          .events()
          .inNamespace(object.getNamespace())
          .withField("involvedObject.uid", object.getUid())
          .withField("type", "Warning")
          .list()
          .getItems()
          .stream()
          .filter(event -> UnexplainedWait.lastSeen(event).isAfter(oldest))
          .toList();
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "events of %s %s in %s: cannot be listed, so the status does not show why it waits:"
              + " %s",
          wait.object().getKind(), object.getName(), object.getNamespace(), e.getMessage());
      return List.of();
    }
  }
}
