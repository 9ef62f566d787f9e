package dev.sparkling.cli.report;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A run as it is stored.
 *
 * @param stages stages in the order of training
 * @param controls controls, whose folders have names that stages cannot have
 */
record StoredRun(String location, List<StoredStage> stages, List<StoredStage> controls) {

  /** Occurs in the folder names of controls, and is not allowed in those of stages. */
  private static final String CONTROL_MARK = ".";

  StoredRun {
    stages = List.copyOf(stages);
    controls = List.copyOf(controls);
  }

  /**
   * A stage.
   *
   * @param model configuration of the newest checkpoint
   * @param expansion report of the expansion before the stage
   */
  record StoredStage(
      String name,
      Metrics metrics,
      Optional<ModelConfiguration> model,
      Optional<ExpansionReport> expansion) {

    /** Returns the step that the stage starts from. */
    long firstStep() {
      return Math.min(
          metrics.steps().stream().mapToLong(step -> step.step() - 1).min().orElse(Long.MAX_VALUE),
          metrics.evaluations().stream()
              .mapToLong(Metrics.Evaluation::step)
              .min()
              .orElse(Long.MAX_VALUE));
    }

    /** Returns the number of parameters that one token uses, N in Eq. 29. */
    Optional<Long> activeParameters() {
      return model.map(StoredStage::activeParameters);
    }

    private static long activeParameters(ModelConfiguration model) {
      long active = 0;
      for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
        long elements = tensor.shape().stream().reduce(1L, (a, b) -> a * b);
        active +=
            TensorNames.isExpert(tensor.name()) && model.mlp() instanceof ExpertsShape shape
                ? elements * shape.expertsPerToken() / shape.experts()
                : elements;
      }
      return active;
    }
  }

  /**
   * Reads a run.
   *
   * @throws UserError if no stage has metrics
   */
  static StoredRun read(ObjectStore store) {
    List<StoredStage> stages = new ArrayList<>();
    List<StoredStage> controls = new ArrayList<>();
    RunCheckpoints checkpoints = RunCheckpoints.read(store);
    for (StoredObject object : store.list("")) {
      int slash = object.key().indexOf('/');
      String name = slash < 0 ? "" : object.key().substring(0, slash);
      if (!name.isEmpty() && object.key().equals(RunLayout.metrics(name))) {
        (name.contains(CONTROL_MARK) ? controls : stages).add(stage(store, checkpoints, name));
      }
    }
    if (stages.isEmpty()) {
      throw new UserError(
          store.location("")
              + ": holds no stage's metrics.jsonl; name the folder of a run that has written a checkpoint");
    }
    stages.sort(Comparator.comparingLong(StoredStage::firstStep));
    return new StoredRun(store.location(""), stages, controls);
  }

  private static StoredStage stage(ObjectStore store, RunCheckpoints checkpoints, String name) {
    return new StoredStage(
        name,
        Metrics.read(store, name),
        checkpoints
            .newest(name)
            .map(newest -> CheckpointReader.open(store, newest.folder()).model()),
        checkpoints
            .expansion(name)
            .map(expansion -> ExpansionReport.read(store, expansion.folder())));
  }
}
