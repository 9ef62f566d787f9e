package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON lines, Parquet and compressed files; DatasetTest has text, folders and zips. */
class DocumentSourceTest {

  private static final Path PARQUET = Path.of("src/test/resources/parquet");

  private static final String LINES =
      """
      {"text": "one\\nline", "id": 1}

      {"id": 2, "text": "naïve Σ"}
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst", "A.JSONL.GZ"})
  void everyJsonLineIsADocument(String name) throws IOException {
    Path file = write(name, LINES);
    assertThat(read(file, "text"))
        .containsExactly(
            new Document(name + ":1", "one\nline"), new Document(name + ":3", "naïve Σ"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.txt.gz", "a.txt.zst"})
  void compressedTextIsOneDocument(String name) throws IOException {
    assertThat(read(write(name, "naïve Σ\n"), "text"))
        .containsExactly(new Document(name, "naïve Σ\n"));
  }

  @Test
  void jsonLinesAreFoundInFoldersAndZips() throws IOException {
    write("b.jsonl", LINES);
    Path zip = folder.resolve("c.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("in/d.jsonl"));
      out.write(LINES.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(read(folder, "text"))
        .extracting(Document::name)
        .containsExactly("b.jsonl:1", "b.jsonl:3");
    assertThat(read(zip, "text"))
        .extracting(Document::name)
        .containsExactly("c.zip!in/d.jsonl:1", "c.zip!in/d.jsonl:3");
  }

  @Test
  void dotsNameFieldsOfNestedObjects() throws IOException {
    Path file = write("a.jsonl", "{\"page\": {\"body\": \"deep\"}}\n");
    assertThat(read(file, "page.body")).extracting(Document::text).containsExactly("deep");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "zstd", "gzip"})
  void everyParquetRowIsADocument(String codec) {
    String name = codec + ".parquet";
    List<Document> documents = read(PARQUET.resolve(name), "text");
    assertThat(documents).hasSize(5);
    for (int i = 0; i < 5; i++) {
      assertThat(documents.get(i))
          .isEqualTo(
              new Document(
                  name + ":" + (i + 1), "document " + i + ": naïve Σ " + "word ".repeat(20 * i)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'body': 'a', 'id': 3}        | line 2 has no text in field 'text'; its fields are body, id; choose another text field",
        "{'text': 3}                   | line 2 has no text in field 'text'; its fields are text; choose another text field",
        "[1]                           | line 2 has no text in field 'text'",
      })
  void badLineIsNamed(String line, String problem) throws IOException {
    Path file = write("a.jsonl", "{\"text\": \"a\"}\n" + line.replace('\'', '"') + "\n");
    assertProblem(file, "text", file + ": " + problem);
  }

  @Test
  void lineThatIsNotJsonIsNamed() throws IOException {
    Path file = write("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \n");
    assertProblem(file, "text", file + ": line 2 is not JSON: ");
  }

  @Test
  void truncatedFileIsNamed() throws IOException {
    for (String name : List.of("a.jsonl.gz", "b.jsonl.zst")) {
      Path file = write(name, LINES.repeat(2000));
      byte[] all = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(all, all.length / 2));
      assertProblem(file, "text", file + ": is truncated or damaged: ");
    }
  }

  @Test
  void fileWithTheWrongEndingIsNamed() throws IOException {
    Path gzip = Files.writeString(folder.resolve("a.jsonl.gz"), "no gzip");
    assertProblem(gzip, "text", gzip + ": is not compressed with gzip: ");
    Path parquet = Files.writeString(folder.resolve("a.parquet"), "no Parquet, but long enough");
    assertProblem(parquet, "text", parquet + ": cannot be read as Parquet after row 0: ");
  }

  @Test
  void missingColumnIsNamedWithTheExistingOnes() {
    Path file = PARQUET.resolve("snappy.parquet");
    assertProblem(
        file,
        "body",
        file
            + ": has no text in a column 'body'; columns of text are text, url; choose another text"
            + " field");
    assertProblem(file, "url", file + ": row 2 has no value in column 'url'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "snappy.parquet"})
  void exceptionOfTheConsumerIsPassedOn(String name) throws IOException {
    Path file = name.endsWith(".parquet") ? PARQUET.resolve(name) : write(name, LINES);
    IllegalStateException stopped = new IllegalStateException("asked to stop");
    assertThatThrownBy(
            () ->
                new DocumentSource("text")
                    .read(
                        file,
                        _ -> {
                          throw stopped;
                        }))
        .isSameAs(stopped);
  }

  @Test
  void fileInAnotherEncodingInAZipDoesNotExcludeTheOthers() throws IOException {
    Path zip = folder.resolve("latin.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("a.txt"));
      out.write("class A {} // caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
      out.putNextEntry(new ZipEntry("b.txt"));
      out.write("class B {}".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(read(zip, "text"))
        .extracting(Document::text)
        .containsExactly("class A {} // caf\uFFFD", "class B {}");
  }

  private void assertProblem(Path file, String field, String problem) {
    assertThatThrownBy(() -> read(file, field))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(problem);
  }

  private static List<Document> read(Path input, String field) {
    DocumentSource.check(List.of(input));
    List<Document> documents = new ArrayList<>();
    new DocumentSource(field).read(input, documents::add);
    return documents;
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    String lower = name.toLowerCase(Locale.ROOT);
    try (OutputStream plain = Files.newOutputStream(file);
        OutputStream out =
            lower.endsWith(".gz")
                ? new GZIPOutputStream(plain)
                : lower.endsWith(".zst") ? new ZstdOutputStream(plain) : plain) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }
}
