package dev.sparkling.pipeline.validation;

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
    YamlTraps.check(text, problems);
    problems.throwIfAny();
    Binder binder =
        new Binder(
            YAMLMapper.builder().enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS),
            "YAML",
            problems);
    ProgressiveTraining resource =
        binder.bind(
            binder.parse(text, source, ProgressiveTraining.KIND), ProgressiveTraining.class);
    SpecValidator.validate(resource, problems);
    problems.throwIfAny();
    return resource;
  }
}
