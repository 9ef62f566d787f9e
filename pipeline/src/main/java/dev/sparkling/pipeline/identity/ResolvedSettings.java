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
 * The settings of a run with all defaults filled in, as JSON with the resource's field names. A run
 * records them when it starts; from then on, fields that the resource leaves out are taken from the
 * record, so that a default that a later version changes does not affect a run in flight.
 */
public final class ResolvedSettings {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "model";
  private static final String TRAINING = "training";
  private static final String STAGES = "stages";
  private static final String NAME = "name";
  private static final String EXPANSION = "expansion";

  /** Fields that are not filled in: without one, an expansion keeps that width in every version. */
  private static final Set<String> WIDTHS = Set.of("hiddenSize", "innerSize");

  private ResolvedSettings() {}

  /**
   * Returns the settings that a run records: its model, its training and its stages' expansions.
   */
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
   * Fills in the fields that a spec leaves out. Fields that it sets stay, even if they differ.
   *
   * @param spec spec as the user wrote it; modified
   * @param recorded result of {@link #of}, possibly of another version
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
   * Returns a record with the stages and fields added that it lacks.
   *
   * @param recorded result of {@link #of}, possibly of another version
   * @param resolved result of {@link #of} for a spec that was filled in from {@code recorded}
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

  /**
   * Returns the settings by their path in the resource, such as {@code spec.training.precision}.
   */
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
