package dev.sparkling.trainer.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts whose tokens are bytes. */
class StreamedTextTest {

  private final List<String> pieces = new ArrayList<>();

  @Test
  void characterIsPassedOnWhenItIsComplete() {
    StreamedText text = new StreamedText(bytes("a"), StreamedTextTest::decode, pieces::add);
    for (long token : bytes("bΣc")) {
      text.add(token);
    }
    assertThat(pieces).containsExactly("b", "Σ", "c");
    assertThat(text.end()).isEqualTo("bΣc");
  }

  @Test
  void incompleteCharacterIsPassedOnAtTheEnd() {
    StreamedText text = new StreamedText(bytes("a"), StreamedTextTest::decode, pieces::add);
    text.add(bytes("Σ")[0]);
    assertThat(pieces).isEmpty();
    assertThat(text.end()).isEqualTo("\uFFFD");
    assertThat(pieces).containsExactly("\uFFFD");
  }

  private static long[] bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long[] tokens = new long[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = bytes[i];
    }
    return tokens;
  }

  private static String decode(long[] tokens) {
    byte[] bytes = new byte[tokens.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tokens[i];
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
