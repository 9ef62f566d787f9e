package dev.sparkling.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads documents from JSON lines.
 *
 * @param location location of the file, for messages
 * @param textField field that holds the text; a dot separates the fields of nested objects
 */
record JsonLines(String location, String textField) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads all documents; empty lines are skipped. */
  void read(InputStream in, String name, Consumer<Document> documents) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    long number = 0;
    @Nullable String line;
    while ((line = next(lines, number)) != null) {
      number++;
      if (!line.isBlank()) {
        documents.accept(new Document(name + ":" + number, text(line, number)));
      }
    }
  }

  private @Nullable String next(BufferedReader lines, long number) throws IOException {
    try {
      return lines.readLine();
    } catch (CharacterCodingException e) {
      throw new UserError(location + ": is not UTF-8 after line " + number, e);
    }
  }

  private String text(String line, long number) {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new UserError(
          location + ": line " + number + " is not JSON: " + JsonErrors.describe(e), e);
    }
    JsonNode text = object;
    for (String field : textField.split("\\.", -1)) {
      text = text.path(field);
    }
    if (!text.isTextual()) {
      List<String> fields = object.properties().stream().map(Map.Entry::getKey).toList();
      throw new UserError(
          "%s: line %d has no text in field '%s'; its fields are %s; choose another text field"
              .formatted(location, number, textField, String.join(", ", fields)));
    }
    return text.asText();
  }
}
