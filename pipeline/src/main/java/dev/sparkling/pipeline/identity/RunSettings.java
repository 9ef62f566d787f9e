package dev.sparkling.pipeline.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The part of a spec that determines the values a stage's trainer writes (docs/adr/0007). All
 * fields of the model and of the training belong to it, except for those in {@code FREE}, so that a
 * new field is part of the identity by default.
 */
public final class RunSettings {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Fields of the training that do not affect what is computed, only when to save and evaluate and
   * what to keep in memory.
   */
  private static final List<String> FREE = List.of("checkpoints", "evaluation", "recomputation");

  /** Part of the identity too, but stored in a field of its own in the checkpoint. */
  private static final String SEED = "seed";

  private RunSettings() {}

  /**
   * Returns the settings by their path in the resource, in order.
   *
   * @param lastStage index of the last stage that was trained; later stages may still be edited as
   *     long as the run's total tokens, which determine every learning rate, stay the same
   */
  public static SortedMap<String, String> of(
      ProgressiveTrainingSpec spec, RunPlan plan, int lastStage) {
    SortedMap<String, String> settings = new TreeMap<>();
    SettingPaths.add("spec.model", JSON.valueToTree(spec.model()), settings);
    ObjectNode training = JSON.valueToTree(spec.training());
    training.remove(SEED);
    SettingPaths.add("spec.training", training.without(FREE), settings);
    settings.put("spec.stages", plan.totalTokens() + " tokens in all");
    for (StagePlan stage : plan.stages().subList(0, lastStage + 1)) {
      if (stage.isControl()) {
        continue; // the control has the identity of the stage that it continues
      }
      String path = "spec.stages[" + stage.index() + "]";
      settings.put(path + ".name", stage.name());
      settings.put(path + ".tokens", Long.toString(stage.tokens()));
    }
    return settings;
  }

  /** Returns the fields of {@code spec.training} that belong to the identity, the seed included. */
  public static List<String> trainingFields() {
    return Stream.of(TrainingSpec.class.getRecordComponents())
        .map(RecordComponent::getName)
        .filter(field -> !FREE.contains(field))
        .toList();
  }
}
