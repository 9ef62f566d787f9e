package dev.sparkling.trainer.generate;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Text of tokens as they come. A token may end within a character, and what a token's text is may
 * depend on the one before: all are decoded each time, and what is new and whole is handed on.
 */
public final class StreamedText {

  private static final char REPLACEMENT = '\uFFFD';

  private final Function<long[], String> decoder;
  private final Consumer<String> reader;
  private final int begin;
  private long[] tokens;
  private int shown;

  /**
   * Text after a prompt.
   *
   * @param decoder the text of tokens, with U+FFFD where they end within a character
   * @param reader gets the new text, piece by piece
   */
  public StreamedText(long[] prompt, Function<long[], String> decoder, Consumer<String> reader) {
    this.tokens = prompt.clone();
    this.decoder = decoder;
    this.reader = reader;
    this.begin = decoder.apply(prompt).length();
    this.shown = begin;
  }

  /** The next token. */
  public void add(long token) {
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = token;
    String text = decoder.apply(tokens);
    int whole = text.length();
    while (whole > shown && text.charAt(whole - 1) == REPLACEMENT) {
      whole--;
    }
    show(text, whole);
  }

  /** Hands on what is left, characters that never became whole too; returns all new text. */
  public String end() {
    String text = decoder.apply(tokens);
    show(text, text.length());
    return text.substring(Math.min(begin, text.length()));
  }

  private void show(String text, int end) {
    if (end > shown) {
      reader.accept(text.substring(shown, end));
      shown = end;
    }
  }
}
