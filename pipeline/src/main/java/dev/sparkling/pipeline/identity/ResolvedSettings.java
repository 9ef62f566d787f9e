package dev.sparkling.pipeline.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StageSpec;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The settings of a run with all defaults filled in, as JSON in the resource's own words. A run
 * records them when it starts and fills in from them what its resource leaves out, so that a
 * default that a later version changes never reaches a run in flight.
 */
public final class ResolvedSettings {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "model";
  private static final String TRAINING = "training";
  private static final String STAGES = "stages";
  private static final String NAME = "name";
  private static final String EXPANSION = "expansion";

  /** An expansion that leaves one out keeps that width: no default that a version could change. */
  private static final Set<String> WIDTHS = Set.of("hiddenSize", "innerSize");

  private ResolvedSettings() {}

  /** What a run records: its model, its training and its stages' expansions. */
  public static ObjectNode of(ProgressiveTrainingSpec spec) {
    ObjectNode settings = JSON.createObjectNode();
    settings.set(MODEL, JSON.valueToTree(spec.model()));
    settings.set(TRAINING, JSON.valueToTree(spec.training()));
    for (StageSpec stage : spec.stages()) {
      if (stage.expansion() != null) {
        settings
            .withArray(STAGES)
            .addObject()
            .put(NAME, stage.name())
            .set(EXPANSION, JSON.valueToTree(stage.expansion()));
      }
    }
    return settings;
  }

  /**
   * Adds to a spec what it leaves out; what it says stays, also where that differs.
   *
   * @param spec as the user wrote it
   * @param recorded from {@link #of}, possibly of another version
   */
  public static void fillIn(ObjectNode spec, JsonNode recorded) {
    fillInField(spec, MODEL, recorded.path(MODEL));
    fillInField(spec, TRAINING, recorded.path(TRAINING));
    for (JsonNode stage : spec.path(STAGES)) {
      if (stage.path(EXPANSION) instanceof ObjectNode expansion) {
        JsonNode known = stageNamed(recorded, stage.path(NAME));
        fillInFields(expansion, known.path(EXPANSION), WIDTHS);
      }
    }
  }

  /**
   * Adds to a record what it lacks: stages, and fields that its version did not know.
   *
   * @param recorded from {@link #of}, possibly of another version
   * @param resolved from {@link #of}, of a spec that {@code recorded} was filled into
   */
  public static ObjectNode merged(JsonNode recorded, JsonNode resolved) {
    ObjectNode merged = recorded.deepCopy();
    fillInFields(merged, resolved, Set.of(STAGES));
    for (JsonNode stage : resolved.path(STAGES)) {
      JsonNode known = stageNamed(merged, stage.path(NAME));
      if (known instanceof ObjectNode existing) {
        fillInFields(existing, stage, Set.of());
      } else {
        merged.withArray(STAGES).add(stage.deepCopy());
      }
    }
    return merged;
  }

  /** The settings by their path in the resource, such as {@code spec.training.precision}. */
  public static SortedMap<String, String> byPath(ProgressiveTrainingSpec spec) {
    ObjectNode settings = of(spec);
    SortedMap<String, String> paths = new TreeMap<>();
    SettingPaths.add("spec." + MODEL, settings.path(MODEL), paths);
    SettingPaths.add("spec." + TRAINING, settings.path(TRAINING), paths);
    for (int i = 0; i < spec.stages().size(); i++) {
      JsonNode stage = stageNamed(settings, TextNode.valueOf(spec.stages().get(i).name()));
      String path = "spec.%s[%d].%s".formatted(STAGES, i, EXPANSION);
      SettingPaths.add(path, stage.path(EXPANSION), paths);
    }
    return paths;
  }

  private static JsonNode stageNamed(JsonNode settings, JsonNode name) {
    for (JsonNode stage : settings.path(STAGES)) {
      if (stage.path(NAME).equals(name)) {
        return stage;
      }
    }
    return MissingNode.getInstance();
  }

  private static void fillInFields(ObjectNode object, JsonNode recorded, Set<String> except) {
    recorded.properties().stream()
        .filter(field -> !except.contains(field.getKey()))
        .forEach(field -> fillInField(object, field.getKey(), field.getValue()));
  }

  private static void fillInField(ObjectNode object, String name, JsonNode recorded) {
    JsonNode value = object.path(name);
    if (value instanceof ObjectNode block) {
      fillInFields(block, recorded, Set.of());
    } else if ((value.isMissingNode() || value.isNull()) && !recorded.isMissingNode()) {
      object.set(name, recorded.deepCopy());
    }
  }
}
