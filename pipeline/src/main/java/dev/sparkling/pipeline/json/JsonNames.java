package dev.sparkling.pipeline.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The names of enum constants in JSON, YAML, labels and options, as set by {@link JsonProperty}.
 */
public final class JsonNames {
  private JsonNames() {}

  /** Returns the name of a constant. */
  public static String of(Enum<?> constant) {
    try {
      JsonProperty property =
          constant.getDeclaringClass().getField(constant.name()).getAnnotation(JsonProperty.class);
      return property == null ? constant.name() : property.value();
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the names of all constants of an enum, in declaration order. */
  public static List<String> all(Class<?> type) {
    return Arrays.stream(type.getEnumConstants()).map(constant -> of((Enum<?>) constant)).toList();
  }

  /** Finds the constant with a name; empty if there is none. */
  public static <E extends Enum<E>> Optional<E> parse(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> of(constant).equals(name))
        .findFirst();
  }
}
