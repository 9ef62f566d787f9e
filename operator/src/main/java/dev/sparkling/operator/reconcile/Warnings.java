package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.observe.SilentWait;
import dev.sparkling.operator.observe.StageJobs;
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
 * Asks for the events of a worker that waits and does not say why. Watching all events of a cluster
 * would cost more than all else that the operator does, so they are listed, of one object, and only
 * while it waits.
 */
final class Warnings {

  private static final Logger LOG = Logger.getLogger(Warnings.class);

  /** Nearly every pod has its volumes by then. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /**
   * What still fails is tried, and told, at least every five minutes or so; what was told before
   * that is over.
   */
  private static final Duration FRESH = Duration.ofMinutes(10);

  private final KubernetesClient client;
  private final InstantSource clock;

  Warnings(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** The same jobs, with the warnings about the one that has waited in silence for a while. */
  StageJobs addTo(StageJobs jobs) {
    return jobs.silentWait()
        .filter(wait -> waited(wait).compareTo(PATIENCE) >= 0)
        .map(wait -> jobs.with(list(wait)))
        .orElse(jobs);
  }

  /** When to ask for the first time, or again; empty where nothing waits in silence. */
  Optional<Duration> lookAgain(StageJobs jobs) {
    return jobs.silentWait()
        .map(wait -> PATIENCE.minus(waited(wait)))
        .map(left -> left.isPositive() ? left : INTERVAL);
  }

  private Duration waited(SilentWait wait) {
    return Duration.between(wait.since(), clock.instant());
  }

  /** A status without its reason is better than none: what cannot be listed is logged. */
  private List<Event> list(SilentWait wait) {
    ObjectMeta about = wait.object().getMetadata();
    Instant fresh = clock.instant().minus(FRESH);
    try {
      return client
          .v1()
          .events()
          .inNamespace(about.getNamespace())
          .withField("involvedObject.uid", about.getUid())
          .withField("type", "Warning")
          .list()
          .getItems()
          .stream()
          .filter(event -> SilentWait.lastSeen(event).isAfter(fresh))
          .toList();
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "events of %s %s in %s: cannot be listed, so that the status does not say what it waits"
              + " for: %s",
          wait.object().getKind(), about.getName(), about.getNamespace(), e.getMessage());
      return List.of();
    }
  }
}
