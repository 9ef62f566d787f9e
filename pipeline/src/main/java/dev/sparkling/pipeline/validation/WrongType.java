package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.json.JsonNames;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value of the wrong type, at which Jackson stopped. */
record WrongType(List<Reference> references, JsonNode value, @Nullable Class<?> expected) {

  static WrongType of(JsonMappingException error, JsonNode tree) {
    JsonNode value = tree;
    for (Reference reference : error.getPath()) {
      value =
          reference.getFieldName() == null
              ? value.path(reference.getIndex())
              : value.path(reference.getFieldName());
    }
    Class<?> expected =
        switch (error) {
          case MismatchedInputException mismatch -> mismatch.getTargetType();
          default ->
              error.getCause() instanceof InputCoercionException beyond
                  ? beyond.getTargetType()
                  : null;
        };
    return new WrongType(error.getPath(), value, expected);
  }

  String path() {
    StringBuilder path = new StringBuilder();
    for (Reference at : references) {
      path.append(at.getFieldName() == null ? "[" + at.getIndex() + "]" : "." + at.getFieldName());
    }
    return path.isEmpty() ? "document" : path.substring(path.charAt(0) == '.' ? 1 : 0);
  }

  String message() {
    return switch (value.getNodeType()) {
          case OBJECT -> "a mapping";
          case ARRAY -> "a list";
          case STRING -> "'" + value.asText() + "'";
          case NULL, MISSING -> "nothing";
          case NUMBER, BOOLEAN, BINARY, POJO -> value.asText();
        }
        + " is not "
        + expectation();
  }

  /** Removes the value, or the list that contains it, from the tree; returns false if it cannot. */
  boolean remove(JsonNode tree) {
    JsonNode parent = tree;
    ObjectNode holder = null;
    String key = "";
    for (Reference reference : references) {
      if (reference.getFieldName() == null) {
        parent = parent.path(reference.getIndex());
      } else {
        holder = parent instanceof ObjectNode object ? object : null;
        key = reference.getFieldName();
        parent = parent.path(key);
      }
    }
    return holder != null && holder.remove(key) != null;
  }

  private String expectation() {
    if (expected == null) {
      return "of the expected type";
    }
    if (expected.isEnum()) {
      return "one of " + String.join(", ", JsonNames.all(expected));
    }
    if (expected == int.class || expected == Integer.class) {
      return "a whole number below 2147483648";
    }
    if (expected == long.class || expected == Long.class) {
      return value.isIntegralNumber()
          ? "a whole number below 9223372036854775808"
          : "a whole number";
    }
    if (expected == double.class || expected == Double.class) {
      return "a number";
    }
    if (expected == boolean.class || expected == Boolean.class) {
      return "true or false";
    }
    if (Collection.class.isAssignableFrom(expected)) {
      return "a list";
    }
    return expected == String.class ? "text" : "a mapping";
  }
}
