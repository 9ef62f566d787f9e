package dev.sparkling.trainer.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Any Hugging Face {@code tokenizer.json}, run by Hugging Face's own library. */
public final class TextTokenizer implements AutoCloseable {

  private final HuggingFaceTokenizer tokenizer;
  private final byte[] json;
  private final int vocabularySize;
  private final int separator;

  private TextTokenizer(
      HuggingFaceTokenizer tokenizer, byte[] json, int vocabularySize, int separator) {
    this.tokenizer = tokenizer;
    this.json = json;
    this.vocabularySize = vocabularySize;
    this.separator = separator;
  }

  /**
   * Opens a tokenizer.
   *
   * @param separatorToken text of the token that ends a document
   * @throws UserError where the file is no tokenizer or does not know the separator
   */
  public static TextTokenizer open(Path file, String separatorToken) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    byte[] json;
    try {
      json = Files.readAllBytes(file);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
    try {
      Vocabulary vocabulary = Vocabulary.of(new ObjectMapper().readTree(json), separatorToken);
      if (vocabulary.separator() < 0) {
        throw new UserError(
            file
                + ": has no token '"
                + separatorToken
                + "' to end documents with; name one of its special tokens with --separator");
      }
      HuggingFaceTokenizer tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json),
              Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
      return new TextTokenizer(tokenizer, json, vocabulary.size(), vocabulary.separator());
    } catch (IOException | RuntimeException e) {
      if (e instanceof UserError known) {
        throw known;
      }
      throw new UserError(file + ": is no tokenizer.json: " + e.getMessage(), e);
    }
  }

  /**
   * Tokens of each text, without separators. A text a task: the library's own batches tokenize in
   * parallel but hand their results to Java one by one, which took half again as long.
   */
  public List<long[]> encode(List<String> texts) {
    return texts.parallelStream().map(text -> tokenizer.encode(text).getIds()).toList();
  }

  public String decode(long[] tokens) {
    return tokenizer.decode(tokens);
  }

  /** One more than the largest token. */
  public int vocabularySize() {
    return vocabularySize;
  }

  public int separator() {
    return separator;
  }

  /** SHA-256 of the file. */
  public String fingerprint() {
    return Sha256.hex(json);
  }

  byte[] json() {
    return json.clone();
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private record Vocabulary(int size, int separator) {
    static Vocabulary of(JsonNode root, String separatorToken) {
      int size = 0;
      int separator = root.at("/model/vocab").path(separatorToken).asInt(-1);
      for (JsonNode id : root.at("/model/vocab")) {
        size = Math.max(size, id.asInt(-1) + 1);
      }
      for (JsonNode added : root.path("added_tokens")) {
        int id = added.path("id").asInt(-1);
        size = Math.max(size, id + 1);
        if (added.path("content").asText().equals(separatorToken)) {
          separator = id;
        }
      }
      return new Vocabulary(size, separator);
    }
  }
}
