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
import dev.sparkling.pipeline.error.UserError;

/** Text to records, strictly: every unknown key and every wrong type is a problem, all at once. */
final class Binder {

  private final ObjectMapper mapper;
  private final String format;
  private final Problems problems;

  /**
   * Takes a mapper of its own and makes it strict.
   *
   * @param format what the text is, for messages
   */
  Binder(MapperBuilder<?, ?> mapper, String format, Problems problems) {
    this.mapper =
        mapper
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .addHandler(new UnknownKeys(problems))
            .build();
    this.format = format;
    this.problems = problems;
  }

  /**
   * The text as a tree.
   *
   * @param source where it is from, for messages
   * @param expected what it should hold, for messages
   */
  JsonNode parse(String text, String source, String expected) {
    try {
      JsonNode tree = mapper.readTree(text);
      if (!tree.isObject()) {
        throw new UserError(
            source
                + ": "
                + (tree.isEmpty() && !tree.isTextual() ? "is empty" : "is not a block of keys")
                + "; a "
                + expected
                + " is expected");
      }
      return tree;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String position = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new UserError(source + position + ": is not " + format + ": " + why, e);
    }
  }

  /** The tree as a record; what cannot be bound is taken out and added to the problems. */
  <T> T bind(JsonNode tree, Class<T> type) {
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
