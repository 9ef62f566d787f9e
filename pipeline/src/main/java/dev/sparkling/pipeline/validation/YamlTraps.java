package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.regex.Pattern;

/** What YAML reads otherwise than people do. */
final class YamlTraps {

  private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-9_]+");
  private static final Pattern NOT_FINITE = Pattern.compile("(?i)[-+]?\\.(inf|nan)");

  private YamlTraps() {}

  /** Adds each; text that is no YAML at all is left to the binder. */
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
          problems.add(path, value + " begins with 0, which YAML takes for octal; leave the 0 out");
        } else if (token == JsonToken.VALUE_NUMBER_FLOAT && NOT_FINITE.matcher(value).matches()) {
          problems.add(path, value + " is not finite; a number is needed");
        }
      }
    } catch (JsonProcessingException _) {
      // The binder says where.
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
