package dev.sparkling.pipeline.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What of a spec determines the values that a stage's trainer writes (docs/adr/0007). Fields of the
 * model and of the training are taken as they stand in the resource, so that a new one belongs to
 * the identity until somebody decides otherwise.
 */
public final class RunSettings {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Say when to save and to measure and what to keep meanwhile, not what is computed; the seed is a
   * field of its own.
   */
  private static final List<String> FREE =
      List.of("checkpoints", "evaluation", "recomputation", "seed");

  private RunSettings() {}

  /**
   * By path in the resource, in order.
   *
   * @param lastStage index of the last stage that was trained; later ones may still be edited as
   *     long as the run's tokens stay, because the rate of every step was computed from their sum
   */
  public static SortedMap<String, String> of(
      ProgressiveTrainingSpec spec, RunPlan plan, int lastStage) {
    SortedMap<String, String> settings = new TreeMap<>();
    flatten("spec.model", JSON.valueToTree(spec.model()), settings);
    ObjectNode training = JSON.valueToTree(spec.training());
    flatten("spec.training", training.without(FREE), settings);
    settings.put("spec.stages", plan.totalTokens() + " tokens in all");
    for (StagePlan stage : plan.stages().subList(0, lastStage + 1)) {
      String path = "spec.stages[" + stage.index() + "]";
      settings.put(path + ".name", stage.name());
      settings.put(path + ".tokens", Long.toString(stage.tokens()));
    }
    return settings;
  }

  private static void flatten(String path, JsonNode value, SortedMap<String, String> settings) {
    if (value.isObject()) {
      value
          .properties()
          .forEach(field -> flatten(path + "." + field.getKey(), field.getValue(), settings));
    } else {
      settings.put(path, value.isArray() ? value.toString() : value.asText());
    }
  }
}
