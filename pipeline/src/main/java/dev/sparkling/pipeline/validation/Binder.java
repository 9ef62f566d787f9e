package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.error.UserError;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Binds text to records, strictly: reports every unknown key and every wrong type at once. */
final class Binder {

  /** Last parts of the paths of mappings whose keys users choose. */
  private static final List<String> FREE_KEYS = List.of(".annotations", ".limits", ".requests");

  private final ObjectMapper mapper;
  private final String format;
  private final Problems problems;

  /**
   * Creates a binder with a strict mapper.
   *
   * @param mapper builder of the mapper; modified
   * @param format name of the text's format, for messages
   */
  Binder(MapperBuilder<?, ?> mapper, String format, Problems problems) {
    this.mapper =
        mapper
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .addHandler(new UnknownKeys(problems))
            .build();
    this.format = format;
    this.problems = problems;
  }

  /**
   * Parses text into a tree.
   *
   * @param source origin of the text, for messages
   * @param expected expected content, for messages
   */
  JsonNode parse(String text, String source, String expected) {
    try {
      JsonNode tree = mapper.readTree(text);
      if (!tree.isObject()) {
        throw new UserError(
            source
                + ": "
                + (tree.isEmpty() && !tree.isTextual() ? "is empty" : "is not a mapping")
                + "; a "
                + expected
                + " is expected");
      }
      return tree;
    } catch (MismatchedInputException e) {
      throw new UserError(
          source + position(e) + ": a second document starts here; expected one", e);
    } catch (JsonProcessingException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new UserError(source + position(e) + ": is not " + format + ": " + why, e);
    }
  }

  private static String position(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
  }

  /**
   * Removes and reports nulls in lists and under keys that users choose; elsewhere null means
   * absent.
   */
  private void removeNulls(String path, JsonNode node) {
    if (node instanceof ArrayNode list) {
      for (int i = list.size() - 1; i >= 0; i--) {
        removeNulls(path + "[" + i + "]", list.get(i));
        if (list.get(i).isNull()) {
          problems.add(path + "[" + i + "]", "is empty; a value is needed");
          list.remove(i);
        }
      }
    } else if (node instanceof ObjectNode keys) {
      boolean free = FREE_KEYS.stream().anyMatch(path::endsWith);
      for (Map.Entry<String, JsonNode> field : asMap(keys).entrySet()) {
        String below = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
        if (free && field.getValue().isNull()) {
          problems.add(below, "is empty; a value is needed");
          keys.remove(field.getKey());
        } else {
          removeNulls(below, field.getValue());
        }
      }
    }
  }

  private static SortedMap<String, JsonNode> asMap(ObjectNode keys) {
    SortedMap<String, JsonNode> map = new TreeMap<>();
    keys.properties().forEach(field -> map.put(field.getKey(), field.getValue()));
    return map;
  }

  /** Binds a tree to a record. Values that cannot be bound are removed and reported. */
  <T> T bind(JsonNode tree, Class<T> type) {
    removeNulls("", tree);
    while (true) {
      try {
        return mapper.treeToValue(tree, type);
      } catch (JsonMappingException e) {
        WrongType wrong = WrongType.of(e, tree);
        problems.add(wrong.path(), wrong.message());
        if (!wrong.remove(tree)) {
          problems.throwIfAny();
        }
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
