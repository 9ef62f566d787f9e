package dev.sparkling.checkpoint.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.io.IOException;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Describes Jackson's errors without its class names, options and line breaks, which mean nothing
 * to the author of the file.
 */
public final class JsonErrors {

  private static final Pattern CREATOR_PROPERTY =
      Pattern.compile("(?:Missing(?: required)?|Null value for) creator property '([^']*)'.*");

  private JsonErrors() {}

  /** Returns one line with the path, or the line and column, and the reason. */
  public static String describe(IOException error) {
    return switch (error) {
      case UnrecognizedPropertyException unknown ->
          path(unknown)
              + ": unknown key; allowed: "
              + unknown.getKnownPropertyIds().stream()
                  .map(String::valueOf)
                  .sorted()
                  .collect(Collectors.joining(", "));
      case ValueInstantiationException refused -> at(refused, refusal(refused));
      case MismatchedInputException mismatched -> mismatch(mismatched);
      case JsonMappingException mapping -> at(mapping, "cannot be read");
      case JsonProcessingException syntax -> syntax(syntax);
      default -> "is not UTF-8 text";
    };
  }

  private static String mismatch(MismatchedInputException error) {
    String message = firstLine(error);
    Matcher property = CREATOR_PROPERTY.matcher(message);
    if (property.matches() || message.startsWith("Cannot map ")) {
      String path = path(error);
      String key = property.matches() ? property.group(1) : "";
      if (!path.equals(key) && !path.endsWith("." + key)) {
        path = path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
      }
      return path + ": is missing or null; a value is needed";
    }
    if (error.getTargetType() == null) {
      return at(error, "has the wrong type");
    }
    return at(error, "is not " + kind(error.getTargetType()));
  }

  /** Returns the message of a record's constructor. */
  private static String refusal(ValueInstantiationException error) {
    return error.getCause() instanceof IllegalArgumentException refused
            && refused.getMessage() != null
        ? refused.getMessage()
        : "holds null where a value is needed";
  }

  private static String kind(Class<?> type) {
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
      return "a whole number in the range of its key";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a finite number";
    }
    if (type == String.class || type.isEnum()) {
      return "an allowed string";
    }
    return Collection.class.isAssignableFrom(type) ? "a list" : "an object";
  }

  private static String syntax(JsonProcessingException error) {
    String why = firstLine(error);
    // Advice such as "enable `JsonReadFeature.X` to allow" is for callers of the library.
    String reason = why.contains("`") || why.contains("Feature") ? "is not valid JSON" : why;
    JsonLocation location = error.getLocation();
    return location == null
        ? reason
        : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": " + reason;
  }

  private static String firstLine(JsonProcessingException error) {
    return String.valueOf(error.getOriginalMessage()).lines().findFirst().orElse("");
  }

  private static String at(JsonMappingException error, String why) {
    String path = path(error);
    return path.isEmpty() ? why : path + ": " + why;
  }

  private static String path(JsonMappingException error) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference reference : error.getPath()) {
      if (reference.getFieldName() == null) {
        path.append('[').append(reference.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
      }
    }
    return path.toString();
  }
}
