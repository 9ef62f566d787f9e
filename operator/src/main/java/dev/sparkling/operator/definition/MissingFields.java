package dev.sparkling.operator.definition;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fields that an installed definition lacks. Additional fields are allowed, because the
 * definition may be newer. Types and rules are not compared, because only missing fields are
 * dropped silently.
 */
final class MissingFields {

  private static final JSONSchemaProps NOTHING = new JSONSchemaProps();

  private final List<String> paths = new ArrayList<>();

  private MissingFields() {}

  /** Returns paths such as {@code spec.stages[].tokens}, without those below a missing field. */
  static List<String> of(CustomResourceDefinition own, CustomResourceDefinition installed) {
    MissingFields missing = new MissingFields();
    for (CustomResourceDefinitionVersion version : own.getSpec().getVersions()) {
      Optional<CustomResourceDefinitionVersion> same =
          installed.getSpec().getVersions().stream()
              .filter(candidate -> candidate.getName().equals(version.getName()))
              .filter(candidate -> Boolean.TRUE.equals(candidate.getServed()))
              .findFirst();
      same.ifPresentOrElse(
          there -> missing.compare("", schema(version), schema(there)),
          () -> missing.paths.add("version " + version.getName()));
    }
    return List.copyOf(missing.paths);
  }

  private void compare(String path, JSONSchemaProps own, JSONSchemaProps installed) {
    if (Boolean.TRUE.equals(installed.getXKubernetesPreserveUnknownFields())) {
      return;
    }
    Map<String, JSONSchemaProps> there = properties(installed);
    properties(own)
        .forEach(
            (name, field) -> {
              String below = path.isEmpty() ? name : path + "." + name;
              JSONSchemaProps same = there.get(name);
              if (same == null) {
                paths.add(below);
              } else {
                compare(below, field, same);
              }
            });
    JSONSchemaProps items = items(own);
    if (items != null) {
      compare(path + "[]", items, Objects.requireNonNullElse(items(installed), NOTHING));
    }
    JSONSchemaProps values = values(own);
    if (values != null) {
      compareValues(path + ".*", values, installed);
    }
  }

  /**
   * Compares the values of maps. If the installed map has no schema for its values, all of them are
   * dropped and so missing.
   */
  private void compareValues(String path, JSONSchemaProps own, JSONSchemaProps installed) {
    if (installed.getAdditionalProperties() == null) {
      paths.add(path);
    } else {
      compare(path, own, Objects.requireNonNullElse(values(installed), NOTHING));
    }
  }

  private static JSONSchemaProps schema(CustomResourceDefinitionVersion version) {
    return version.getSchema() == null || version.getSchema().getOpenAPIV3Schema() == null
        ? NOTHING
        : version.getSchema().getOpenAPIV3Schema();
  }

  private static Map<String, JSONSchemaProps> properties(JSONSchemaProps schema) {
    return Objects.requireNonNullElse(schema.getProperties(), Collections.emptyMap());
  }

  private static @Nullable JSONSchemaProps items(JSONSchemaProps schema) {
    return schema.getItems() == null ? null : schema.getItems().getSchema();
  }

  private static @Nullable JSONSchemaProps values(JSONSchemaProps schema) {
    return schema.getAdditionalProperties() == null
        ? null
        : schema.getAdditionalProperties().getSchema();
  }
}
