package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The specification of a run: model, data, stages and object store. */
@ValidationRule(
    value =
        "size(self.stages) == 0 || !has(self.stages[0].expansion) || has(self.initialCheckpoint)",
    message =
        "stages[0].expansion: is not allowed on the first stage, where nothing is trained yet; leave it out")
@ValidationRule(
    value = "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || has(self.stages[i].expansion))",
    message = "stages: an expansion is missing; every stage but the first must widen")
@ValidationRule(
    value = "self.stages.all(s, self.stages.exists_one(t, t.name == s.name))",
    message = "stages: names must be unique within the run")
@ValidationRule(
    value =
        "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || !has(self.stages[i].expansion) || !has(self.stages[i].expansion.hiddenSize) || (self.stages[i].expansion.hiddenSize >= self.model.hiddenSize && [1, 2, 3, 4, 5, 6, 7].all(j, j >= i || !has(self.stages[j].expansion) || !has(self.stages[j].expansion.hiddenSize) || self.stages[j].expansion.hiddenSize <= self.stages[i].expansion.hiddenSize)))",
    message =
        "stages: an expansion's hiddenSize is smaller than in the previous stage; a stage can only widen the model")
@ValidationRule(
    value =
        "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || !has(self.stages[i].expansion) || !has(self.stages[i].expansion.innerSize) || (self.stages[i].expansion.innerSize >= self.model.innerSize && [1, 2, 3, 4, 5, 6, 7].all(j, j >= i || !has(self.stages[j].expansion) || !has(self.stages[j].expansion.innerSize) || self.stages[j].expansion.innerSize <= self.stages[i].expansion.innerSize)))",
    message =
        "stages: an expansion's innerSize is smaller than in the previous stage; a stage can only widen the model")
public record ProgressiveTrainingSpec(
    @JsonPropertyDescription(
            "Shape of the model in the first stage, the narrowest; spec.stages defines how it grows.")
        @Required
        ModelSpec model,
    @JsonPropertyDescription("Training and validation datasets.") @Required DataSpec data,
    @JsonPropertyDescription(
            "Training settings of all stages: batches, optimizer, learning rate, checkpoints.")
        @Required
        TrainingSpec training,
    @JsonPropertyDescription(
            "Stages in the order in which they are trained, 1 to 8. A stage that has started cannot be edited, except for its trainer.")
        @Required
        @Size(min = 1, max = 8)
        List<StageSpec> stages,
    @JsonPropertyDescription(
            "URI of a Hugging Face or Sparkling checkpoint to start from. Defaults to random weights.")
        @Nullable
        @Size(min = 1, max = 2048)
        String initialCheckpoint,
    @JsonPropertyDescription("Pods that train the model.") TrainerSpec trainer,
    @JsonPropertyDescription("Pods that widen checkpoints between stages.") ExpanderSpec expander,
    @JsonPropertyDescription("Object store for the run's checkpoints and metrics.") @Required
        StorageSpec storage,
    @JsonPropertyDescription(
            "Number of retries of a stage's worker before the run fails. Pods lost to preemption, eviction or node failure do not count. Defaults to 3.")
        @Min(0)
        @Max(Limits.RETRIES)
        Integer retries,
    @JsonPropertyDescription(
            "If true, the trainer writes a checkpoint and stops; training resumes from it when this is set back to false. Defaults to false.")
        boolean suspend,
    @JsonPropertyDescription(
            "What happens to the run's data in the object store when the resource is deleted: Retain or Delete. Defaults to Retain.")
        DeletionPolicy deletionPolicy) {

  private static final int DEFAULT_RETRIES = 3;

  /** The spec of an empty document; never valid. */
  public static final ProgressiveTrainingSpec EMPTY =
      new ProgressiveTrainingSpec(
          ModelSpec.EMPTY,
          new DataSpec("", ""),
          TrainingSpec.EMPTY,
          List.of(),
          null,
          TrainerSpec.DEFAULT,
          ExpanderSpec.DEFAULT,
          StorageSpec.EMPTY,
          DEFAULT_RETRIES,
          false,
          DeletionPolicy.RETAIN);

  public ProgressiveTrainingSpec {
    model = Objects.requireNonNullElse(model, ModelSpec.EMPTY);
    data = Objects.requireNonNullElse(data, new DataSpec("", ""));
    training = Objects.requireNonNullElse(training, TrainingSpec.EMPTY);
    stages = stages == null ? List.of() : List.copyOf(stages);
    trainer = Objects.requireNonNullElse(trainer, TrainerSpec.DEFAULT);
    expander = Objects.requireNonNullElse(expander, ExpanderSpec.DEFAULT);
    storage = Objects.requireNonNullElse(storage, StorageSpec.EMPTY);
    retries = Objects.requireNonNullElse(retries, DEFAULT_RETRIES);
    deletionPolicy = Objects.requireNonNullElse(deletionPolicy, DeletionPolicy.RETAIN);
  }
}
