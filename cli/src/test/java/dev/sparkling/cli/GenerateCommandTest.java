package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {

  @TempDir private Path folder;

  private TinyRun tiny;
  private Path checkpoint;

  @BeforeEach
  void train() {
    tiny = TinyRun.prepare(folder);
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    checkpoint = tiny.checkpoint("wide", 24);
  }

  @Test
  void continuesAPromptTheSameWayEachTime() {
    Cli.Result first = generate("--prompt", "public class", "--max-tokens", 8);
    assertThat(first.err()).isEmpty();
    assertThat(first.exitCode()).isZero();
    assertThat(first.out()).startsWith("public class").endsWith("\n");
    assertThat(generate("--prompt", "public class", "--max-tokens", 8).out())
        .isEqualTo(first.out());
  }

  @Test
  void jsonReportsWhyTheTextEnded() {
    Cli.Result result =
        generate("--prompt", "public", "--max-tokens", 3, "--temperature", 1, "--output", "json");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("\"prompt\":\"public\"", "\"newTokens\":", "\"end\":");
  }

  @Test
  void everyBadOptionIsNamedAtOnce() {
    Cli.Result result =
        generate("--prompt", "", "--max-tokens", 0, "--temperature", -1, "--top-p", 2);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .contains(
            "--prompt: is empty; text to continue is needed",
            "--max-tokens: 0 is not 1 or more",
            "--temperature: -1.0 is not 0 or more",
            "--top-p: 2.0 is not above 0 and at most 1");
  }

  @Test
  void promptThatIsTooLongIsRefused() {
    Cli.Result result = generate("--prompt", "word ".repeat(500));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("--prompt: has ").contains("; at most ");
  }

  @Test
  void anotherTokenizerIsRefused() throws Exception {
    Path other = folder.resolve("other.json");
    Files.writeString(other, Files.readString(TinyRun.TOKENIZER) + "\n");
    Cli.Result result =
        Cli.run("generate", "--checkpoint", checkpoint, "--tokenizer", other, "--prompt", "public");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("; the checkpoint was trained with tokenizer ");
  }

  private Cli.Result generate(Object... options) {
    Object[] all = new Object[options.length + 5];
    all[0] = "generate";
    all[1] = "--checkpoint";
    all[2] = checkpoint;
    all[3] = "--tokenizer";
    all[4] = TinyRun.TOKENIZER;
    System.arraycopy(options, 0, all, 5, options.length);
    return Cli.run(all);
  }
}
