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

/** What to train, on what, in which stages, and where to keep it. */
@ValidationRule(
    value =
        "size(self.stages) == 0 || !has(self.stages[0].expansion) || has(self.initialCheckpoint)",
    message = "stages[0].expansion: on the first stage, where nothing is trained yet; leave it out")
@ValidationRule(
    value = "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || has(self.stages[i].expansion))",
    message = "stages: an expansion is missing; every stage but the first must widen")
@ValidationRule(
    value = "self.stages.all(s, self.stages.exists_one(t, t.name == s.name))",
    message = "stages: two have the same name")
@ValidationRule(
    value =
        "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || !has(self.stages[i].expansion) || !has(self.stages[i].expansion.hiddenSize) || (self.stages[i].expansion.hiddenSize >= self.model.hiddenSize && [1, 2, 3, 4, 5, 6, 7].all(j, j >= i || !has(self.stages[j].expansion) || !has(self.stages[j].expansion.hiddenSize) || self.stages[j].expansion.hiddenSize <= self.stages[i].expansion.hiddenSize)))",
    message =
        "stages: an expansion's hiddenSize is smaller than that of the stage before; a stage may only widen")
@ValidationRule(
    value =
        "[1, 2, 3, 4, 5, 6, 7].all(i, i >= size(self.stages) || !has(self.stages[i].expansion) || !has(self.stages[i].expansion.innerSize) || (self.stages[i].expansion.innerSize >= self.model.innerSize && [1, 2, 3, 4, 5, 6, 7].all(j, j >= i || !has(self.stages[j].expansion) || !has(self.stages[j].expansion.innerSize) || self.stages[j].expansion.innerSize <= self.stages[i].expansion.innerSize)))",
    message =
        "stages: an expansion's innerSize is smaller than that of the stage before; a stage may only widen")
public record ProgressiveTrainingSpec(
    @JsonPropertyDescription(
            "Shape of the narrowest model, which the first stage trains; stages say what grows")
        @Required
        ModelSpec model,
    @JsonPropertyDescription("Datasets to train on and to validate with") @Required DataSpec data,
    @JsonPropertyDescription(
            "How every stage trains: batches, optimizer, learning rate, checkpoints")
        @Required
        TrainingSpec training,
    @JsonPropertyDescription(
            "Stages in order, 1 to 8: each a width and its token budget; a stage that has begun cannot be edited")
        @Required
        @Size(min = 1, max = 8)
        List<StageSpec> stages,
    @JsonPropertyDescription(
            "URI of a Hugging Face or Sparkling checkpoint to grow; default: random weights")
        @Nullable
        @Size(min = 1, max = 2048)
        String initialCheckpoint,
    @JsonPropertyDescription("Pods that train") TrainerSpec trainer,
    @JsonPropertyDescription("Pods that widen checkpoints between stages") ExpanderSpec expander,
    @JsonPropertyDescription("Where the run keeps its checkpoints and metrics") @Required
        StorageSpec storage,
    @JsonPropertyDescription(
            "Failed attempts of one stage that are tried again; preemption, eviction and lost nodes are not counted; default 3")
        @Min(0)
        @Max(Limits.RETRIES)
        Integer retries,
    @JsonPropertyDescription(
            "Whether to pause: the trainer writes a checkpoint and stops, and goes on from it when this is false again; default false")
        boolean suspend,
    @JsonPropertyDescription(
            "What becomes of the run's objects in the store when the resource is deleted: Retain keeps them, Delete deletes them; default Retain")
        DeletionPolicy deletionPolicy) {

  private static final int DEFAULT_RETRIES = 3;

  /** What nothing at all binds to; never valid. */
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
