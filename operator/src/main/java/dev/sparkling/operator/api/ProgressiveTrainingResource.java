package dev.sparkling.operator.api;

import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;
import java.util.Optional;

/**
 * The custom resource. Validation rules for fields are next to the fields; the rules that reject
 * edits to settings that a run has used are generated from the run's identity.
 */
@Group("sparkling.dev")
@Version("v1alpha1")
@Kind(ProgressiveTraining.KIND)
@Plural("progressivetrainings")
@Singular("progressivetraining")
@ShortNames("pt")
@AdditionalPrinterColumn(name = "Phase", jsonPath = ".status.phase")
@AdditionalPrinterColumn(name = "Stage", jsonPath = ".status.currentStage")
@AdditionalPrinterColumn(name = "Step", jsonPath = ".status.summary.step")
@AdditionalPrinterColumn(name = "Progress", jsonPath = ".status.summary.progress")
@AdditionalPrinterColumn(name = "Loss", jsonPath = ".status.summary.loss")
@AdditionalPrinterColumn(name = "Tokens/s", jsonPath = ".status.summary.tokensPerSecond")
@AdditionalPrinterColumn(name = "Saved", jsonPath = ".status.summary.saved")
@AdditionalPrinterColumn(name = "ETA", jsonPath = ".status.summary.eta")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "size(self.metadata.name) <= 40",
    message =
        "metadata.name: is longer than 40 characters; job names begin with it, so at most 40 are allowed")
@ValidationRule(
    value = "self.spec.stages.all(s, size(self.metadata.name) + size(s.name) <= 52)",
    message =
        "spec.stages: metadata.name and a stage's name have more than 52 characters together; job names are made of both, so at most 52 are allowed")
public final class ProgressiveTrainingResource
    extends CustomResource<ProgressiveTrainingSpec, ProgressiveTrainingStatus>
    implements Namespaced {

  private static final long serialVersionUID = 1L;

  /** Returns the resource as a document, for the validator that also validates files. */
  public ProgressiveTraining asDocument() {
    return new ProgressiveTraining(
        getApiVersion(),
        getKind(),
        new ProgressiveTraining.Metadata(getMetadata().getName(), Map.of()),
        getSpec());
  }

  /**
   * Whether the run has ended. Final phases do not change, whatever happens to the run's jobs,
   * until the user asks for another try of a failed run.
   */
  public boolean hasEnded() {
    ProgressiveTrainingStatus status = getStatus();
    if (status == null || status.phase() == null) {
      return false;
    }
    return switch (status.phase()) {
      case SUCCEEDED -> true;
      // Older versions let a run fail whose spec was invalid before it began.
      case FAILED -> requestedRetry().isEmpty() && !status.stages().isEmpty();
      case PENDING, QUEUED, TRAINING, EXPANDING, HELD, SUSPENDED -> false;
    };
  }

  /**
   * Returns the value of the annotation that asks for another try; empty if there is none, or the
   * run was tried again with it already.
   */
  public Optional<String> requestedRetry() {
    Map<String, String> annotations = getMetadata().getAnnotations();
    String followed = getStatus() == null ? null : getStatus().retry();
    return Optional.ofNullable(annotations)
        .map(all -> all.get(ProgressiveTraining.RETRY_ANNOTATION))
        .filter(value -> !value.equals(followed));
  }

  /**
   * Returns a resource with the identity and the version of this one and a new status. Writing it
   * fails if the run has changed since it was read, or another one was created with its name.
   */
  public ProgressiveTrainingResource withOnly(ProgressiveTrainingStatus status) {
    ProgressiveTrainingResource patch = new ProgressiveTrainingResource();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(getMetadata().getName())
            .withNamespace(getMetadata().getNamespace())
            .withUid(getMetadata().getUid())
            .withResourceVersion(getMetadata().getResourceVersion())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
