package dev.sparkling.checkpoint.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The JSON of our own files: pretty, keys in a fixed order, nothing unknown, nothing missing. */
public final class FormatJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private FormatJson() {}

  /** The value as a file's bytes. */
  public static byte[] encode(Object value) {
    try {
      return (JSON.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a file's bytes.
   *
   * @param location of the file, for messages
   * @throws CorruptCheckpoint where a key is unknown or missing, or has the wrong type
   */
  public static <T> T decode(String location, byte[] bytes, Class<T> type) {
    try {
      T value = JSON.readValue(bytes, type);
      if (value == null) {
        throw new CorruptCheckpoint(location + ": is empty");
      }
      return value;
    } catch (JsonProcessingException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new CorruptCheckpoint(location + ": cannot be read: " + why, e);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
