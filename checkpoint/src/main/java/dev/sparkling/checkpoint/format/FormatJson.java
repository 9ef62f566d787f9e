package dev.sparkling.checkpoint.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** JSON of Sparkling's own files: indented, keys in a fixed order, no unknown or missing keys. */
public final class FormatJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .addModule(finiteNumbers())
          .build();

  private FormatJson() {}

  /** Encodes a value as a file's bytes. */
  public static byte[] encode(Object value) {
    try {
      return (JSON.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Decodes a file's bytes.
   *
   * @param location location of the file, for messages
   * @throws CorruptCheckpoint if a key is unknown or missing, or has the wrong type
   */
  public static <T> T decode(String location, byte[] bytes, Class<T> type) {
    return decode(location, bytes, type, _ -> {});
  }

  /**
   * Decodes the bytes of a file that an older version may have written.
   *
   * @param upgrade changes an older version's object into one of this version, in place
   * @throws CorruptCheckpoint if the upgraded object has an unknown or missing key, or a value of
   *     the wrong type
   */
  public static <T> T decode(
      String location, byte[] bytes, Class<T> type, Consumer<ObjectNode> upgrade) {
    try {
      JsonNode tree = JSON.readTree(bytes);
      if (tree == null || tree.isMissingNode() || tree.isNull()) {
        throw new CorruptCheckpoint(location + ": is empty");
      }
      if (tree instanceof ObjectNode object) {
        upgrade.accept(object);
      }
      return JSON.treeToValue(tree, type);
    } catch (IOException e) {
      throw new CorruptCheckpoint(location + ": " + JsonErrors.describe(e), e);
    }
  }

  /** Refuses numbers that are not finite, which Jackson would write and read as strings. */
  private static SimpleModule finiteNumbers() {
    return new SimpleModule()
        .addSerializer(double.class, new FiniteWriter())
        .addSerializer(Double.class, new FiniteWriter())
        .addDeserializer(double.class, new FiniteReader())
        .addDeserializer(Double.class, new FiniteReader());
  }

  private static final class FiniteWriter extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(value + " is not a finite number");
      }
      json.writeNumber(value);
    }
  }

  private static final class FiniteReader extends StdDeserializer<Double> {
    private static final long serialVersionUID = 1L;

    FiniteReader() {
      super(Double.class);
    }

    @Override
    public Double deserialize(JsonParser json, DeserializationContext context) throws IOException {
      if (!json.currentToken().isNumeric() || !Double.isFinite(json.getDoubleValue())) {
        throw MismatchedInputException.from(json, Double.class, "not a finite number");
      }
      return json.getDoubleValue();
    }
  }
}
