package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTraining;

/** Reads a {@code ProgressiveTraining} from YAML or JSON text and validates it. */
public final class SpecReader {

  private SpecReader() {}

  /**
   * Binds and validates.
   *
   * @param text YAML or JSON
   * @param source where the text is from, for messages
   * @throws UserError with every problem: unknown keys, wrong types, and what {@link SpecValidator}
   *     finds
   */
  public static ProgressiveTraining read(String text, String source) {
    Problems problems = new Problems();
    ProgressiveTraining resource = bind(text, source, problems);
    SpecValidator.validate(resource, problems);
    problems.throwIfAny();
    return resource;
  }

  private static ProgressiveTraining bind(String text, String source, Problems problems) {
    YAMLMapper mapper =
        YAMLMapper.builder()
            .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .addHandler(new UnknownKeys(problems))
            .build();
    JsonNode tree = parse(mapper, text, source);
    while (true) {
      try {
        return mapper.treeToValue(tree, ProgressiveTraining.class);
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

  private static JsonNode parse(YAMLMapper mapper, String text, String source) {
    try {
      JsonNode tree = mapper.readTree(text);
      if (!tree.isObject()) {
        throw new UserError(
            source
                + ": "
                + (tree.isEmpty() && !tree.isTextual() ? "is empty" : "is not a block of keys")
                + "; a ProgressiveTraining is expected");
      }
      return tree;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String position = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new UserError(source + position + ": is not YAML: " + why, e);
    }
  }
}
