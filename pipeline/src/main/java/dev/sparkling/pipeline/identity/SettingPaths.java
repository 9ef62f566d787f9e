package dev.sparkling.pipeline.identity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.SortedMap;

/** Settings as text under their paths in the resource. */
final class SettingPaths {
  private SettingPaths() {}

  /** Adds a value, field by field where it is a block; a list is one value. */
  static void add(String path, JsonNode value, SortedMap<String, String> settings) {
    if (value.isObject()) {
      value
          .properties()
          .forEach(field -> add(path + "." + field.getKey(), field.getValue(), settings));
    } else if (!value.isMissingNode()) {
      settings.put(path, value.isArray() ? value.toString() : value.asText());
    }
  }
}
