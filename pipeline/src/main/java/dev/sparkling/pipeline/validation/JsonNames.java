package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;

/** Enum constants as users write them. */
final class JsonNames {

  private JsonNames() {}

  static String of(Enum<?> constant) {
    try {
      JsonProperty property =
          constant.getDeclaringClass().getField(constant.name()).getAnnotation(JsonProperty.class);
      return property == null ? constant.name() : property.value();
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Those of all constants. */
  static List<String> of(Class<?> constants) {
    List<String> names = new ArrayList<>();
    for (Object constant : constants.getEnumConstants()) {
      names.add(of((Enum<?>) constant));
    }
    return names;
  }
}
