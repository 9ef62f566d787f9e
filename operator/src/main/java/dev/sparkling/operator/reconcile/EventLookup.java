package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.observe.StageJobs;
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
 * Looks up the warning events about a worker whose wait is unexplained. Watching all events of a
 * cluster would cost more than the rest of the operator, so that events are listed: of one object,
 * and only while it waits.
 */
final class EventLookup {

  private static final Logger LOG = Logger.getLogger(EventLookup.class);

  /** Nearly every pod has its volumes by then. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /**
   * Kubernetes retries and reports a lasting failure at least every five minutes or so; an older
   * event is about something that is over.
   */
  private static final Duration FRESH = Duration.ofMinutes(10);

  private final KubernetesClient client;
  private final InstantSource clock;

  EventLookup(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Adds the events about the worker whose wait has been unexplained for a while. */
  StageJobs addTo(StageJobs jobs) {
    return jobs.unexplainedWait()
        .filter(wait -> waited(wait).compareTo(PATIENCE) >= 0)
        .map(wait -> jobs.with(list(wait)))
        .orElse(jobs);
  }

  /** The time until the next lookup; empty if no wait is unexplained. */
  Optional<Duration> nextLookup(StageJobs jobs) {
    return jobs.unexplainedWait()
        .map(wait -> PATIENCE.minus(waited(wait)))
        .map(left -> left.isPositive() ? left : INTERVAL);
  }

  private Duration waited(UnexplainedWait wait) {
    return Duration.between(wait.since(), clock.instant());
  }

  /** A status without its reason is better than none: a failure is logged. */
  private List<Event> list(UnexplainedWait wait) {
    ObjectMeta object = wait.object().getMetadata();
    Instant fresh = clock.instant().minus(FRESH);
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
          .filter(event -> UnexplainedWait.lastSeen(event).isAfter(fresh))
          .toList();
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "events of %s %s in %s: cannot be listed, so that the status does not show why it waits:"
              + " %s",
          wait.object().getKind(), object.getName(), object.getNamespace(), e.getMessage());
      return List.of();
    }
  }
}
