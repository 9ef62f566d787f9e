package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prepares text and reads it back. */
class DatasetTest {

  private static final Path TOKENIZER = Path.of("../examples/java-sources/tokenizer.json");
  private static final String SEPARATOR = "<|endoftext|>";
  private static final int VOCABULARY = 2048;

  @TempDir private Path folder;

  private Path texts;
  private ObjectStore training;
  private ObjectStore validation;

  @BeforeEach
  void writeTexts() throws IOException {
    texts = Files.createDirectories(folder.resolve("texts/sub"));
    for (int i = 0; i < 40; i++) {
      Files.writeString(
          texts.resolve("File" + i + ".java"),
          "/* License */\npackage a;\n\nclass File%d {\n  int number = %d;\n}\n".formatted(i, i));
    }
    training = new FolderObjectStore(folder.resolve("train"));
    validation = new FolderObjectStore(folder.resolve("validation"));
  }

  @Test
  void documentsAreReadBackAsConcatenatedTokensInOrder() {
    prepare(0.2, List.of(texts));
    try (Dataset dataset = open(training);
        TextTokenizer tokenizer = TextTokenizer.open(TOKENIZER, SEPARATOR)) {
      long[] all = new long[Math.toIntExact(dataset.index().tokens())];
      dataset.read(0, all.length - 1, VOCABULARY, all);
      long[] begin = tokenizer.encode(List.of("package a;\n\nclass")).getFirst();
      assertThat(all).startsWith(begin);
      assertThat(all[all.length - 1]).isEqualTo(dataset.index().separator());
      assertThat(Arrays.stream(all).filter(t -> t == dataset.index().separator()).count())
          .isEqualTo(dataset.index().documents());
    }
  }

  @Test
  void sequencesOverlapByTheirTarget() {
    prepare(0.2, List.of(texts));
    try (Dataset dataset = open(training)) {
      long[] first = new long[17];
      long[] second = new long[17];
      dataset.read(0, 16, VOCABULARY, first);
      dataset.read(1, 16, VOCABULARY, second);
      assertThat(second[0]).isEqualTo(first[16]);
      assertThat(dataset.sequences(16)).isEqualTo((dataset.index().tokens() - 1) / 16);
    }
  }

  @Test
  void documentsAreHeldOutByNameIndependentlyOfOtherInputs() throws IOException {
    DatasetPreparation.PreparedDatasets all = prepare(0.25, List.of(texts));
    assertThat(all.training().documents() + all.validation().documents()).isEqualTo(40);
    assertThat(all.validation().documents()).isBetween(4L, 18L);
    Files.writeString(texts.resolve("Zzz.java"), "package a; class Zzz {}");
    DatasetPreparation.PreparedDatasets more = prepare(0.25, List.of(texts));
    assertThat(more.validation().documents() - all.validation().documents()).isBetween(0L, 1L);
  }

  @Test
  void duplicateTextIsKeptOnce() throws IOException {
    Files.copy(texts.resolve("File3.java"), texts.resolve("Copy.java"));
    DatasetPreparation.PreparedDatasets result = prepare(0.2, List.of(texts));
    assertThat(result.duplicates()).isEqualTo(1);
    assertThat(result.training().documents() + result.validation().documents()).isEqualTo(40);
  }

  @Test
  void zipAndFolderOfTheSameTextsGiveTheSameTokens() throws IOException {
    Path zip = folder.resolve("texts.jar");
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream zipped = new ZipOutputStream(out);
        var files = Files.list(texts)) {
      for (Path file : files.toList()) {
        zipped.putNextEntry(new ZipEntry("sub/" + file.getFileName()));
        zipped.write(Files.readAllBytes(file));
        zipped.closeEntry();
      }
      zipped.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
      zipped.closeEntry();
    }
    DatasetPreparation.PreparedDatasets fromZip = prepare(0.2, List.of(zip));
    DatasetPreparation.PreparedDatasets fromFolder = prepare(0.2, List.of(texts));
    // The names differ, and so the split, but not all tokens together.
    assertThat(tokens(fromZip)).isEqualTo(tokens(fromFolder));
  }

  @Test
  void samePreparationGivesTheSameBytes() {
    DatasetPreparation.PreparedDatasets first = prepare(0.2, List.of(texts));
    DatasetPreparation.PreparedDatasets second = prepare(0.2, List.of(texts));
    assertThat(second).isEqualTo(first);
  }

  @Test
  void sequencesAreReadAcrossRecordBatches() throws IOException {
    Path large = Files.createDirectories(folder.resolve("large"));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      text.append("word").append(i % 977).append(' ');
    }
    List<Path> inputs = new ArrayList<>(List.of(texts));
    for (int i = 0; i < 4; i++) {
      Path file = large.resolve("large" + i + ".txt");
      Files.writeString(file, i + " " + text);
      inputs.add(file);
    }
    prepare(0.1, inputs);
    try (Dataset dataset = open(training)) {
      assertThat(dataset.index().tokens()).isGreaterThan(2 << 20);
      int length = 4099;
      long[] previous = new long[length + 1];
      long[] sequence = new long[length + 1];
      for (long i = 0; i < dataset.sequences(length); i++) {
        dataset.read(i, length, VOCABULARY, sequence);
        if (i > 0) {
          assertThat(sequence[0]).isEqualTo(previous[length]);
        }
        System.arraycopy(sequence, 0, previous, 0, previous.length);
      }
    }
  }

  @Test
  void unigramEntropyIsTheEntropyOfTheFrequencies() {
    TokenCounts counts = new TokenCounts(4);
    counts.add(0);
    counts.add(0);
    counts.add(1);
    counts.add(3);
    // Half and two quarters: 1.5 bits.
    assertThat(counts.entropy())
        .isCloseTo(1.5 * Math.log(2), org.assertj.core.api.Assertions.within(1e-12));
  }

  @Test
  void folderWithoutIndexIsNamed() {
    assertThatThrownBy(() -> open(training))
        .isInstanceOf(UserError.class)
        .hasMessage(
            folder.resolve("train/dataset.json")
                + ": does not exist; a dataset that 'sparkling data prepare' wrote is expected"
                + " there");
  }

  @Test
  void truncatedShardIsNamedWithBothSizes() throws IOException {
    prepare(0.2, List.of(texts));
    Path shard = folder.resolve("train/shard-00000.arrow");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 10));
    assertThatThrownBy(() -> open(training))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "%s: has %d bytes; dataset.json says %d"
                .formatted(shard, bytes.length - 10, bytes.length));
  }

  @Test
  void shardThatIsNotAnArrowFileIsNamed() throws IOException {
    Path noise = Files.write(folder.resolve("noise.arrow"), new byte[1000]);
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> TokenShard.map(noise, arena))
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessageStartingWith(noise + ": is not an Arrow file");
    }
  }

  @Test
  void tokenBeyondTheVocabularyIsNamedWithShardAndRow() {
    prepare(0.2, List.of(texts));
    try (Dataset dataset = open(training)) {
      assertThatThrownBy(() -> dataset.read(0, 8, 2, new long[9]))
          .isInstanceOf(UserError.class)
          .hasMessageMatching(
              ".*train/shard-00000.arrow: row 0 holds token \\d+; the model's vocabulary has 2");
    }
  }

  @Test
  void badInputsAreNamedAndNothingIsWritten() throws IOException {
    Path noZip = Files.writeString(folder.resolve("broken.jar"), "no zip");
    assertProblem(List.of(noZip), noZip + ": is not a zip file");
    assertProblem(
        List.of(folder.resolve("nowhere")),
        folder.resolve("nowhere") + ": does not exist; a file or folder of text is expected");
    Path image = Files.writeString(folder.resolve("image.png"), "x");
    assertProblem(List.of(image), image + ": unknown file type; allowed: a folder, .java");
    Path one = Files.writeString(folder.resolve("one.txt"), "one document only");
    assertProblem(List.of(one), "the inputs have ");
  }

  @Test
  void everyBadInputAndUnreadableFolderIsNamedInOneError() throws IOException {
    Path image = Files.writeString(folder.resolve("image.png"), "x");
    assertThatThrownBy(() -> prepare(0.2, List.of(folder.resolve("none"), texts, image)))
        .isInstanceOf(UserError.class)
        .hasMessage(
            folder.resolve("none")
                + ": does not exist; a file or folder of text is expected\n"
                + image
                + ": unknown file type; allowed: a folder, .java, .txt, .md, .text, .jsonl, .ndjson,"
                + " .parquet, .jar, .zip; text and JSON lines also with .gz or .zst");
    Path latin = texts.resolve("Latin.java");
    Files.write(latin, new byte[] {'a', (byte) 0xe9, 'b'});
    assertThatThrownBy(() -> prepare(0.2, List.of(folder.resolve("texts"))))
        .isInstanceOf(UserError.class)
        .hasMessage(latin + ": is not UTF-8 text; save it as UTF-8");
  }

  @Test
  void existingDatasetStaysCompleteIfPreparingAnotherFails() throws IOException {
    DatasetPreparation.PreparedDatasets before = prepare(0.2, List.of(texts));
    Files.writeString(folder.resolve("train/shard-notes.txt"), "not ours");
    assertThatThrownBy(() -> prepare(0.2, List.of(folder.resolve("none"))))
        .isInstanceOf(UserError.class);
    Path more = Files.createDirectories(folder.resolve("more"));
    Files.writeString(more.resolve("A.txt"), "text");
    Files.write(more.resolve("B.txt"), new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> prepare(0.2, List.of(texts, more))).isInstanceOf(UserError.class);
    Path one = Files.writeString(folder.resolve("one.txt"), "one document only");
    assertThatThrownBy(() -> prepare(0.2, List.of(one))).isInstanceOf(UserError.class);
    try (Dataset kept = open(training);
        Dataset keptToo = open(validation)) {
      assertThat(kept.index()).isEqualTo(before.training());
      assertThat(keptToo.index()).isEqualTo(before.validation());
      kept.read(0, 16, VOCABULARY, new long[17]);
    }
    try (var files = Files.list(folder.resolve("train"))) {
      assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("."));
    }
    DatasetPreparation.PreparedDatasets after = prepare(0.3, List.of(texts));
    assertThat(after).isNotEqualTo(before);
    assertThat(folder.resolve("train/shard-notes.txt")).exists();
  }

  /** Whenever the disk fills up, the error says so, and no partial file is left. */
  @Test
  void fullDiskLeavesNoPartialFiles() {
    InMemoryObjectStore disk = new InMemoryObjectStore();
    int failed = 0;
    for (long room = 0; ; room += 977) {
      training = new FullObjectStore(disk, room);
      try {
        prepare(0.2, List.of(texts));
        break;
      } catch (UserError e) {
        assertThat(e).hasMessage("disk: the disk is full");
        failed++;
      }
      assertThat(disk.discardUnfinished("")).isZero();
      assertThat(disk.list("")).isEmpty();
    }
    assertThat(failed).isGreaterThan(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "file" : "shard-00000.arrow" | "file" : "../x"     | shards[0]: file '../x' is not a shard's name
          "tokens" : TOKENS            | "tokens" : 99999    | tokens 99999; its shards have TOKENS
          "separator" : 0              | "separator" : 9999  | separator 9999 is not in the vocabulary of 2048
          "sha256" : "                 | "sha256" : "z       | is not 64 lower-case hexadecimal digits
          "shards" : [ {               | "shards" : [ null, { | holds null where a value is needed
          """)
  void inconsistentIndexIsNamed(String right, String wrong, String problem) throws IOException {
    DatasetPreparation.PreparedDatasets result = prepare(0.2, List.of(texts));
    Path file = folder.resolve("train/dataset.json");
    String tokens = Long.toString(result.training().tokens());
    String text = Files.readString(file).replaceFirst("\"separator\" : \\d+", "\"separator\" : 0");
    assertThat(text).contains(right.replace("TOKENS", tokens));
    int at = text.indexOf(right.replace("TOKENS", tokens));
    Files.writeString(
        file,
        text.substring(0, at)
            + wrong
            + text.substring(at + right.replace("TOKENS", tokens).length()));
    assertThatThrownBy(() -> open(training))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem.replace("TOKENS", tokens));
  }

  private void assertProblem(List<Path> inputs, String problem) {
    assertThatThrownBy(() -> prepare(0.2, inputs))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(problem);
    assertThat(training.list("")).isEmpty();
    assertThat(validation.list("")).isEmpty();
  }

  private DatasetPreparation.PreparedDatasets prepare(
      double validationFraction, List<Path> inputs) {
    try (TextTokenizer tokenizer = TextTokenizer.open(TOKENIZER, SEPARATOR);
        DatasetPreparation preparation =
            new DatasetPreparation(tokenizer, validationFraction, training, validation)) {
      return preparation.run(inputs, "text", _ -> {});
    }
  }

  private Dataset open(ObjectStore store) {
    return Dataset.open(store, folder.resolve("cache"));
  }

  private static long tokens(DatasetPreparation.PreparedDatasets result) {
    return result.training().tokens() + result.validation().tokens();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
