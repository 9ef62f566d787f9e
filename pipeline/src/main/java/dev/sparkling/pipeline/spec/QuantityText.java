package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;

/**
 * A Kubernetes quantity, which may be written as a number ({@code cpu: 2}) or text ({@code 2Gi}).
 */
final class QuantityText extends StdScalarDeserializer<String> {

  private static final long serialVersionUID = 1L;

  QuantityText() {
    super(String.class);
  }

  @Override
  public String deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getText();
      default -> (String) context.handleUnexpectedToken(String.class, parser);
    };
  }
}
