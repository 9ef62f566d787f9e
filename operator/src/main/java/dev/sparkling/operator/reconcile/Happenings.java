package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.status.Transitions;
import dev.sparkling.operator.status.Transitions.Happening;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;

/** Writes Kubernetes' events of what happened to a run. */
final class Happenings {

  private static final Logger LOG = Logger.getLogger(Happenings.class);

  private final KubernetesClient client;
  private final InstantSource clock;
  private final String instance;

  Happenings(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    this.instance = Objects.requireNonNullElse(System.getenv("POD_NAME"), Labels.OPERATOR);
  }

  /**
   * Events are best effort, as everywhere in Kubernetes: no pass waits for them, and one that is
   * lost is logged.
   */
  void record(ProgressiveTrainingResource run, ProgressiveTrainingStatus after) {
    List<Happening> happenings = Transitions.between(run.getStatus(), after);
    if (!happenings.isEmpty()) {
      Thread.ofVirtual()
          .name("events of " + run.getMetadata().getName())
          .start(() -> happenings.forEach(happening -> record(run, happening)));
    }
  }

  private void record(ProgressiveTrainingResource run, Happening happening) {
    try {
      client.resource(event(run, happening)).create();
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "event %s of %s: %s", happening.reason(), run.getFullResourceName(), e.getMessage());
    }
  }

  private Event event(ProgressiveTrainingResource run, Happening happening) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    return new EventBuilder()
        .withNewMetadata()
        .withGenerateName(run.getMetadata().getName() + ".")
        .withNamespace(run.getMetadata().getNamespace())
        .endMetadata()
        .withType(happening.warning() ? "Warning" : "Normal")
        .withReason(happening.reason())
        .withMessage(happening.message())
        .withFirstTimestamp(now)
        .withLastTimestamp(now)
        .withCount(1)
        .withReportingComponent(Labels.OPERATOR)
        .withReportingInstance(instance)
        .withNewSource(Labels.OPERATOR, null)
        .withNewInvolvedObject()
        .withApiVersion(run.getApiVersion())
        .withKind(run.getKind())
        .withName(run.getMetadata().getName())
        .withNamespace(run.getMetadata().getNamespace())
        .withUid(run.getMetadata().getUid())
        .endInvolvedObject()
        .build();
  }
}
