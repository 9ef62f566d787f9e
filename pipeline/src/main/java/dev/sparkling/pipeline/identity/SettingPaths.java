package dev.sparkling.pipeline.identity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.SortedMap;

/** Flattens settings to text by their path in the resource. */
final class SettingPaths {
  private SettingPaths() {}

  /** Adds a value: an object field by field, a list as a single value. */
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
