package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.ResolvedSettings;
import dev.sparkling.pipeline.spec.ProgressiveTraining;

/** Reads a {@code ProgressiveTraining} from YAML or JSON text and validates it. */
public final class SpecReader {

  private SpecReader() {}

  /**
   * Binds and validates a resource, with the defaults of this version.
   *
   * @param text YAML or JSON
   * @param source origin of the text, for messages
   * @throws UserError with all problems: unknown keys, wrong types, and those of {@link
   *     SpecValidator}
   */
  public static ProgressiveTraining read(String text, String source) {
    return read(text, source, MissingNode.getInstance());
  }

  /**
   * Binds and validates a resource, with the settings that the run was started with as defaults.
   *
   * @param recorded result of {@link ResolvedSettings#of}
   */
  public static ProgressiveTraining read(String text, String source, JsonNode recorded) {
    Problems problems = new Problems();
    YamlPitfalls.check(text, problems);
    problems.throwIfAny();
    Binder binder =
        new Binder(
            YAMLMapper.builder().enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS),
            "YAML",
            problems);
    JsonNode tree = binder.parse(text, source, ProgressiveTraining.KIND);
    if (tree.path("spec") instanceof ObjectNode spec) {
      ResolvedSettings.fillIn(spec, recorded);
    }
    ProgressiveTraining resource = binder.bind(tree, ProgressiveTraining.class);
    SpecValidator.validate(resource, problems);
    problems.throwIfAny();
    return resource;
  }
}
