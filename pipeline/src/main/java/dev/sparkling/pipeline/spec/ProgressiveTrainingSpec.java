package dev.sparkling.pipeline.spec;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to train, on what, in which stages, and where to keep it.
 *
 * @param model the narrowest model; stages say what grows
 * @param initialCheckpoint a Hugging Face or Sparkling checkpoint to grow instead of random weights
 * @param retries per stage; disruptions are not charged
 */
public record ProgressiveTrainingSpec(
    ModelSpec model,
    DataSpec data,
    TrainingSpec training,
    List<StageSpec> stages,
    @Nullable String initialCheckpoint,
    TrainerSpec trainer,
    ExpanderSpec expander,
    StorageSpec storage,
    Integer retries,
    boolean suspend,
    DeletionPolicy deletionPolicy) {

  private static final int DEFAULT_RETRIES = 3;

  static final ProgressiveTrainingSpec EMPTY =
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
