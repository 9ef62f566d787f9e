package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokenizerTest {

  private static final Path TOKENIZER = Path.of("../examples/java-sources/tokenizer.json");
  private static final String SEPARATOR = "<|endoftext|>";

  @TempDir private Path folder;

  @Test
  void badTokenizersAreNamed() throws IOException {
    Path noTokenizer = Files.writeString(folder.resolve("t.json"), "{\"model\": 1}");
    assertThatThrownBy(() -> TextTokenizer.open(noTokenizer, SEPARATOR))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(noTokenizer + ": has no token '<|endoftext|>'");
    Path noJson = Files.writeString(folder.resolve("u.json"), "text");
    assertThatThrownBy(() -> TextTokenizer.open(noJson, SEPARATOR))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(noJson + ": is not a tokenizer.json");
    assertThatThrownBy(() -> TextTokenizer.open(TOKENIZER, "</s>"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no token '</s>' to end documents with");
    assertThatThrownBy(() -> TextTokenizer.open(folder.resolve("none.json"), SEPARATOR))
        .isInstanceOf(UserError.class)
        .hasMessage(folder.resolve("none.json") + ": does not exist; a file is expected");
  }

  @Test
  void unigramVocabularyIsReadFromAList() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("unigram.json"),
            """
            {"version": "1.0", "added_tokens": [], "model": {"type": "Unigram", "unk_id": 0,
             "vocab": [["<unk>", 0.0], ["<|endoftext|>", 0.0], ["a", -1.0], ["b", -2.0]]}}
            """);
    try (TextTokenizer tokenizer = TextTokenizer.open(file, SEPARATOR)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(4);
      assertThat(tokenizer.separator()).isEqualTo(1);
      assertThat(tokenizer.encode(List.of("ab")).getFirst()).containsExactly(2, 3);
    }
  }

  @Test
  void tokenizerWithIdsOutOfRangeIsRefused() throws IOException {
    for (String id : new String[] {"-1", "2147483647", "\"x\"", "1.5"}) {
      Path file =
          Files.writeString(
              folder.resolve("ids.json"),
              "{\"model\": {\"vocab\": {\"<|endoftext|>\": 0, \"a\": " + id + "}}}");
      assertThatThrownBy(() -> TextTokenizer.open(file, SEPARATOR))
          .isInstanceOf(UserError.class)
          .hasMessage(
              file + ": is not a tokenizer.json: token id " + id + " is outside of 0 to 16777215");
    }
  }
}
