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
import java.util.Objects;

/**
 * The custom resource. The rules here compare with what a run has used already, which only the
 * whole resource knows; rules of single fields stand beside the fields.
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
    message = "metadata.name: is longer than 40 characters, from which names of jobs are made")
@ValidationRule(
    value = "self.spec.stages.all(s, size(self.metadata.name) + size(s.name) <= 52)",
    message = "spec.stages: a stage's name and metadata.name have more than 52 characters together")
@ValidationRule(
    value =
        "!has(oldSelf.status) || !has(oldSelf.status.stages) || [0, 1, 2, 3, 4, 5, 6, 7].all(i,"
            + " i >= size(oldSelf.status.stages) || oldSelf.status.stages[i].state == 'Pending' ||"
            + " (i < size(self.spec.stages) && i < size(oldSelf.spec.stages) &&"
            + " self.spec.stages[i].name == oldSelf.spec.stages[i].name &&"
            + " self.spec.stages[i].tokens == oldSelf.spec.stages[i].tokens &&"
            + " has(self.spec.stages[i].expansion) == has(oldSelf.spec.stages[i].expansion) &&"
            + " (!has(self.spec.stages[i].expansion) ||"
            + " self.spec.stages[i].expansion == oldSelf.spec.stages[i].expansion)))",
    message =
        "spec.stages: a stage that has begun cannot be edited or removed, but for its trainer; edit"
            + " a later one, or create another run")
@ValidationRule(
    value =
        ProgressiveTrainingResource.UNUSED
            + " || self.spec.stages.map(s, s.tokens).sum() =="
            + " oldSelf.spec.stages.map(s, s.tokens).sum()",
    message =
        "spec.stages: their tokens in all cannot be edited once a stage has begun, because every"
            + " learning rate was computed from them; create another run")
@ValidationRule(
    value = ProgressiveTrainingResource.UNUSED + " || self.spec.model == oldSelf.spec.model",
    message = "spec.model: cannot be edited once a stage has begun; create another run")
@ValidationRule(
    value = ProgressiveTrainingResource.UNUSED + " || self.spec.data == oldSelf.spec.data",
    message = "spec.data: cannot be edited once a stage has begun; create another run")
@ValidationRule(
    value =
        ProgressiveTrainingResource.UNUSED
            + " || self.spec.storage.uri == oldSelf.spec.storage.uri",
    message = "spec.storage.uri: cannot be edited once a stage has begun; create another run")
@ValidationRule(
    value =
        ProgressiveTrainingResource.UNUSED
            + " || (self.spec.training.sequenceLength == oldSelf.spec.training.sequenceLength &&"
            + " self.spec.training.globalBatchSize == oldSelf.spec.training.globalBatchSize &&"
            + " self.spec.training.learningRate == oldSelf.spec.training.learningRate &&"
            + " has(self.spec.training.microBatchSize) == has(oldSelf.spec.training.microBatchSize) &&"
            + " (!has(self.spec.training.microBatchSize) ||"
            + " self.spec.training.microBatchSize == oldSelf.spec.training.microBatchSize) &&"
            + " has(self.spec.training.precision) == has(oldSelf.spec.training.precision) &&"
            + " (!has(self.spec.training.precision) ||"
            + " self.spec.training.precision == oldSelf.spec.training.precision) &&"
            + " has(self.spec.training.seed) == has(oldSelf.spec.training.seed) &&"
            + " (!has(self.spec.training.seed) ||"
            + " self.spec.training.seed == oldSelf.spec.training.seed) &&"
            + " has(self.spec.training.optimizer) == has(oldSelf.spec.training.optimizer) &&"
            + " (!has(self.spec.training.optimizer) ||"
            + " self.spec.training.optimizer == oldSelf.spec.training.optimizer))",
    message =
        "spec.training: sequenceLength, globalBatchSize, microBatchSize, precision, seed, optimizer"
            + " and learningRate cannot be edited once a stage has begun; create another run")
public final class ProgressiveTrainingResource
    extends CustomResource<ProgressiveTrainingSpec, ProgressiveTrainingStatus>
    implements Namespaced {

  private static final long serialVersionUID = 1L;

  /** CEL: no stage has begun. */
  static final String UNUSED =
      "!has(oldSelf.status) || !has(oldSelf.status.stages) ||"
          + " oldSelf.status.stages.all(s, s.state == 'Pending')";

  /** The same as it would stand in a file, for the validator that files pass too. */
  public ProgressiveTraining asDocument() {
    return new ProgressiveTraining(
        getApiVersion(),
        getKind(),
        new ProgressiveTraining.Metadata(getMetadata().getName(), Map.of()),
        getSpec());
  }

  /**
   * Whether it is over for good: terminal phases are sticky, whatever becomes of the jobs. A run
   * that was refused before any of it began is looked at again when it was edited.
   */
  public boolean hasEnded() {
    ProgressiveTrainingStatus status = getStatus();
    if (status == null || status.phase() == null) {
      return false;
    }
    return switch (status.phase()) {
      case SUCCEEDED -> true;
      case FAILED ->
          !status.stages().isEmpty()
              || Objects.equals(status.observedGeneration(), getMetadata().getGeneration());
      case PENDING, QUEUED, TRAINING, EXPANDING, SUSPENDED -> false;
    };
  }

  /** Identity and status alone: what a status patch may hold. */
  public ProgressiveTrainingResource withOnly(ProgressiveTrainingStatus status) {
    ProgressiveTrainingResource patch = new ProgressiveTrainingResource();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(getMetadata().getName())
            .withNamespace(getMetadata().getNamespace())
            // So that it is not another's of the same name.
            .withUid(getMetadata().getUid())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
