package dev.sparkling.trainer.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A Hugging Face {@code tokenizer.json}, run by Hugging Face's library. */
public final class TextTokenizer implements AutoCloseable {

  /** Limits the memory for token counts. */
  private static final int MAX_VOCABULARY = 1 << 24;

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
   * @throws UserError if the file is not a tokenizer or has no such token
   */
  public static TextTokenizer open(Path file, String separatorToken) {
    byte[] json;
    try {
      json = Files.readAllBytes(file);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
    return open(json, file.toString(), separatorToken);
  }

  /**
   * Opens a tokenizer from its text.
   *
   * @param file origin of the text, for messages
   * @param separatorToken text of the token that ends a document
   * @throws UserError if it is not a tokenizer or has no such token
   */
  public static TextTokenizer open(byte[] json, String file, String separatorToken) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      Vocabulary vocabulary = Vocabulary.of(new ObjectMapper().readTree(json), separatorToken);
      if (vocabulary.separator() < 0) {
        throw new UserError(
            file
                + ": has no token '"
                + separatorToken
                + "' to end documents with; choose one of its special tokens as separator");
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
      String why =
          e instanceof IOException text
              ? JsonErrors.describe(text)
              : String.valueOf(e.getMessage());
      throw new UserError(file + ": is not a tokenizer.json: " + why, e);
    }
  }

  /**
   * Tokenizes texts in parallel, without separators. There is one call per text, because the
   * library's batch call, which passes its results to Java one by one, takes 1.5 times as long.
   */
  public List<long[]> encode(List<String> texts) {
    return texts.parallelStream().map(text -> tokenizer.encode(text).getIds()).toList();
  }

  /**
   * Decodes tokens. If they end within a character, the text ends with replacement characters
   * (U+FFFD).
   */
  public String decode(long[] tokens) {
    return tokenizer.decode(tokens);
  }

  /** Returns the largest token id plus 1. */
  public int vocabularySize() {
    return vocabularySize;
  }

  public int separator() {
    return separator;
  }

  /** Returns the SHA-256 of the file. */
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
      Map<String, Integer> ids = new HashMap<>();
      JsonNode vocabulary = root.at("/model/vocab");
      if (vocabulary.isArray()) { // Unigram model: [token, score] in the order of the ids
        for (int id = 0; id < vocabulary.size(); id++) {
          ids.put(vocabulary.get(id).path(0).asText(), id);
        }
      } else {
        vocabulary.properties().forEach(entry -> ids.put(entry.getKey(), id(entry.getValue())));
      }
      for (JsonNode added : root.path("added_tokens")) {
        ids.put(added.path("content").asText(), id(added.path("id")));
      }
      int largest = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
      return new Vocabulary(largest + 1, ids.getOrDefault(separatorToken, -1));
    }

    private static int id(JsonNode node) {
      if (!node.isInt() || node.asInt() < 0 || node.asInt() >= MAX_VOCABULARY) {
        throw new IllegalArgumentException(
            "token id " + node + " is outside of 0 to " + (MAX_VOCABULARY - 1));
      }
      return node.asInt();
    }
  }
}
