package dev.sparkling.trainer.generate;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The text of a growing sequence of tokens. A token may end within a character, and its text may
 * depend on the tokens before it. So all tokens are decoded each time, and new text is emitted up
 * to the last complete character.
 */
public final class StreamedText {

  private static final char REPLACEMENT = '\uFFFD';

  private final Function<long[], String> decoder;
  private final Consumer<String> reader;
  private final int begin;
  private long[] tokens;
  private int shown;

  /**
   * Starts after a prompt.
   *
   * @param decoder decodes tokens, with U+FFFD for an incomplete character
   * @param reader receives new text
   */
  public StreamedText(long[] prompt, Function<long[], String> decoder, Consumer<String> reader) {
    this.tokens = prompt.clone();
    this.decoder = decoder;
    this.reader = reader;
    this.begin = decoder.apply(prompt).length();
    this.shown = begin;
  }

  /** Adds a token and emits the text that it completes. */
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

  /** Emits the rest, including incomplete characters, and returns all text after the prompt. */
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
