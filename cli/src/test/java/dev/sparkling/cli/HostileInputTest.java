package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Input that could overwrite data, exhaust the machine or reach a library's own checks. */
class HostileInputTest {

  @TempDir private static Path shared;

  @TempDir private Path folder;

  private static TinyRun tiny;
  private static Path checkpoint;

  @BeforeAll
  static void trainNarrow() {
    tiny = TinyRun.prepare(shared);
    Cli.Result result = Cli.run("train", tiny.resource(), "--stage", "narrow");
    assertThat(result.exitCode()).as(result.err()).isZero();
    checkpoint = tiny.checkpoint("narrow", 12);
  }

  @Test
  void expansionIsOnlyWrittenToAFreeFolder() throws IOException {
    Path precious = folder.resolve("precious");
    Files.createDirectories(precious.resolve("sub"));
    Files.writeString(precious.resolve("a.txt"), "a");
    List<Path> before = tree(shared);
    assertProblem(
        expand("--to", precious, "--hidden-size", 32),
        "--to: " + precious + " is not empty: it holds a.txt; name a new or empty folder");
    assertThat(precious.resolve("a.txt")).hasContent("a");
    assertThat(precious.resolve("sub")).isDirectory();
    Path checkpoints = tiny.store().resolve("narrow/checkpoints");
    assertThat(expand("--to", checkpoints, "--hidden-size", 32).errorLines())
        .singleElement()
        .asString()
        .startsWith("--to: " + checkpoints + " is not empty: it holds step-000000");
    Path inside = checkpoint.resolve("widened");
    assertProblem(
        expand("--to", inside, "--hidden-size", 32),
        "--to: " + inside + " is inside --from " + checkpoint + "; name a folder beside it");
    Path link = Files.createSymbolicLink(folder.resolve("link"), checkpoint);
    Path throughLink = link.resolve("widened");
    assertProblem(
        expand("--to", throughLink, "--hidden-size", 32),
        "--to: " + throughLink + " is inside --from " + checkpoint + "; name a folder beside it");
    assertThat(tree(shared)).isEqualTo(before);
  }

  @Test
  void optionsThatWouldExhaustTheMachineAreRefusedBeforeAnythingIsTouched() {
    Path to = folder.resolve("to");
    assertProblem(
        expand("--to", to, "--hidden-size", Integer.MAX_VALUE, "--inner-size", -1),
        "--hidden-size: 2147483647 is outside of 1 to 262144; leave it out to keep the width",
        "--inner-size: -1 is outside of 1 to 262144; leave it out to keep the width");
    assertProblem(
        expand("--to", to, "--hidden-size", 32, "--rewarmup-ratio", "Infinity"),
        "--rewarmup-ratio: Infinity is not a finite number above 0");
    assertThat(to).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /tmp/.dotck         | URI: '/tmp/.dotck' begins with a dot; no part of a store's keys may
          s3://bucket/.x      | URI: 's3://bucket/.x' has a name that begins with a dot: '.x'
          s3://bucket/../x    | URI: 's3://bucket/../x' has a name that begins with a dot: '..'
          s3://a..b/x         | URI: 's3://a..b/x' names a bucket with . or - at an end or next to a dot; each label begins and ends with a letter or digit
          s3:/bucket/x        | URI: 's3:/bucket/x' does not begin with s3://; allowed: s3://bucket/prefix, file:path, a path
          file:/tmp/a%zz      | URI: 'file:/tmp/a%zz' is not a URI: Malformed escape pair at 11; write a space as %20, or use a plain path
          """)
  void impossibleLocationsAreNamed(String place, String problem) {
    assertProblem(Cli.run("inspect", place), problem);
  }

  @Test
  void newDotFolderIsRefusedAndNotCreated() {
    Path to = folder.resolve(".new");
    assertProblem(
        expand("--to", to, "--hidden-size", 32),
        "--to: '" + to + "' begins with a dot; no part of a store's keys may");
    assertThat(to).doesNotExist();
  }

  @Test
  void datasetSurvivesAMistypedInput() throws IOException {
    List<Path> before = tree(tiny.data());
    assertProblem(
        prepare(folder.resolve("nosuch.txt")),
        folder.resolve("nosuch.txt") + ": does not exist; a file or folder of text is expected");
    assertThat(tree(tiny.data())).isEqualTo(before);
    assertThat(Cli.run("evaluate", "--checkpoint", checkpoint, "--data", tiny.data() + "/train"))
        .satisfies(result -> assertThat(result.exitCode()).as(result.err()).isZero());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ~                                              | is empty; a dataset recipe is expected
          {tokenizer: t, validationFraction: 0.1, mavenSources: [~]} | mavenSources[0]: is empty; a block of artifact and sha256 is needed
          {tokenizer: t, validationFraction: 0.1, mavenSources: []}  | mavenSources: is empty; at least one is needed
          {tokenizer: t, validationFraction: 0.1}        | is not a dataset recipe: mavenSources: is missing or null; a value is needed
          [1]                                            | is not a dataset recipe: is not an object
          """)
  void invalidRecipeIsReportedBeforeAnythingIsFetched(String yaml, String problem)
      throws IOException {
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), yaml);
    assertProblem(
        Cli.run("data", "prepare", "--recipe", recipe, "--output", folder.resolve("out")),
        recipe + ": " + problem);
  }

  @Test
  void everyProblemOfARecipeIsNamed() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            "{tokenizer: t, validationFraction: 2, mavenSources: [{artifact: 'a:b', sha256: x}]}");
    assertProblem(
        Cli.run("data", "prepare", "--recipe", recipe, "--output", folder.resolve("out")),
        recipe + ": validationFraction: 2.0 is outside of 0 to 1",
        recipe
            + ": mavenSources[0].artifact: 'a:b' is not an artifact; allowed: group:name:version",
        recipe + ": mavenSources[0].sha256: 'x' is not a SHA-256; 64 of 0-9 and a-f are needed");
  }

  @Test
  void filesOfAnotherFormatAreReportedInOneLine() throws IOException {
    Path text = Files.writeString(folder.resolve("README.md"), "# no\ntokenizer\n");
    Cli.Result result =
        Cli.run(
            "data",
            "prepare",
            "--input",
            tiny.texts(),
            "--tokenizer",
            text,
            "--output",
            folder.resolve("out"));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .singleElement()
        .asString()
        .startsWith(text + ": is not a tokenizer.json: line 1, column 1: Unexpected character")
        .doesNotContain("Source", "Feature");
    assertProblem(Cli.run("plan", folder), folder + ": is a folder; a file is expected");
    Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {'a', (byte) 0xff});
    assertProblem(Cli.run("plan", binary), binary + ": is not UTF-8 text; save it as UTF-8");
  }

  private Cli.Result prepare(Path input) {
    return Cli.run(
        "data",
        "prepare",
        "--input",
        input,
        "--tokenizer",
        TinyRun.TOKENIZER,
        "--output",
        tiny.data());
  }

  private static Cli.Result expand(Object... arguments) {
    return Cli.run(
        Stream.concat(Stream.of("expand", "--from", checkpoint), Stream.of(arguments)).toArray());
  }

  private static void assertProblem(Cli.Result result, String... problems) {
    assertThat(result.errorLines()).containsExactly(problems);
    assertThat(result.exitCode()).isEqualTo(2);
  }

  private static List<Path> tree(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.sorted().toList();
    }
  }
}
