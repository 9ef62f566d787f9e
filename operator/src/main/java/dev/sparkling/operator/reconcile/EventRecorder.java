package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.status.Transitions;
import dev.sparkling.operator.status.Transitions.RunEvent;
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

/** Creates Kubernetes events for the transitions of a run. */
final class EventRecorder {

  private static final Logger LOG = Logger.getLogger(EventRecorder.class);

  private final KubernetesClient client;
  private final InstantSource clock;
  private final String instance;

  EventRecorder(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    this.instance = Objects.requireNonNullElse(System.getenv("POD_NAME"), Labels.OPERATOR);
  }

  /**
   * Records the events between the run's status and a later one. A pass does not wait for them, and
   * a failure is only logged.
   */
  void record(ProgressiveTrainingResource run, ProgressiveTrainingStatus after) {
    List<RunEvent> events = Transitions.between(run.getStatus(), after);
    if (!events.isEmpty()) {
      Thread.ofVirtual()
          .name("events of " + run.getMetadata().getName())
          .start(() -> events.forEach(event -> create(run, event)));
    }
  }

  private void create(ProgressiveTrainingResource run, RunEvent event) {
    try {
      client.resource(object(run, event)).create();
    } catch (KubernetesClientException e) {
      LOG.warnf("event %s of %s: %s", event.reason(), run.getFullResourceName(), e.getMessage());
    }
  }

  private Event object(ProgressiveTrainingResource run, RunEvent event) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    return new EventBuilder()
        .withNewMetadata()
        .withGenerateName(run.getMetadata().getName() + ".")
        .withNamespace(run.getMetadata().getNamespace())
        .endMetadata()
        .withType(event.warning() ? "Warning" : "Normal")
        .withReason(event.reason())
        .withMessage(event.message())
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
