package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Reports values that YAML reads differently than most people expect: octal numbers, aliases,
 * infinities.
 */
final class YamlPitfalls {

  private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-9_]+");
  private static final Pattern NOT_FINITE = Pattern.compile("(?i)[-+]?\\.(inf|nan)");

  private YamlPitfalls() {}

  /**
   * Adds a problem for each such value; ignores text that is not YAML, which the binder reports.
   */
  static void check(String text, Problems problems) {
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.FIELD_NAME || !token.isScalarValue()) {
          continue;
        }
        String value = parser.getText();
        String path = UnknownKeys.path(parser.getParsingContext());
        if (parser.isCurrentAlias()) {
          problems.add(path, "*" + value + " is an alias; write out what it stands for");
        } else if (token == JsonToken.VALUE_NUMBER_INT && OCTAL.matcher(value).matches()) {
          problems.add(path, value + " begins with 0, which YAML reads as octal; remove the 0");
        } else if (token == JsonToken.VALUE_NUMBER_FLOAT && NOT_FINITE.matcher(value).matches()) {
          problems.add(path, value + " is not finite; a number is needed");
        }
      }
    } catch (JsonProcessingException _) {
      // The binder reports it.
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
