package dev.sparkling.trainer.data;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads documents from text, JSON lines, Parquet, folders of these, and zips such as a sources jar.
 * Files are read in the order of their names, which does not depend on the file system. Files that
 * hold several documents are streamed.
 */
final class DocumentSource {

  private final String textField;

  /**
   * Creates a reader.
   *
   * @param textField field of JSON lines, or column of Parquet, that holds the text
   */
  DocumentSource(String textField) {
    this.textField = textField;
  }

  /**
   * Checks inputs without reading their text.
   *
   * @throws UserError naming every input that does not exist, is not readable or is of unknown kind
   */
  static void check(List<Path> inputs) {
    List<String> problems = new ArrayList<>();
    for (Path input : inputs) {
      if (!Files.exists(input)) {
        problems.add(input + ": does not exist; a file or folder of text is expected");
      } else if (!Files.isReadable(input)) {
        problems.add(input + ": permission denied; it must be readable");
      } else if (!Files.isDirectory(input) && DocumentKind.of(input.toString()).isEmpty()) {
        problems.add(input + ": unknown file type; allowed: a folder, " + DocumentKind.described());
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
  }

  /**
   * Reads the documents of an input that has been checked.
   *
   * @throws UserError if one of its files cannot be read
   */
  void read(Path input, Consumer<Document> documents) {
    try {
      if (Files.isDirectory(input)) {
        readFolder(input, documents);
      } else {
        readFile(input, String.valueOf(input.getFileName()), documents);
      }
    } catch (UncheckedIOException e) {
      IOException cause = Objects.requireNonNull(e.getCause());
      throw FileErrors.translate(failed(input, cause), cause);
    } catch (IOException e) {
      throw FileErrors.translate(failed(input, e), e);
    }
  }

  /** Returns the file that an error names, or else the input. */
  private static Path failed(Path input, IOException error) {
    return error instanceof FileSystemException known && known.getFile() != null
        ? Path.of(known.getFile())
        : input;
  }

  private void readFolder(Path folder, Consumer<Document> documents) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files =
          all.filter(Files::isRegularFile)
              .filter(file -> isReadInFolder(file.toString()))
              .sorted()
              .toList();
    }
    for (Path file : files) {
      readFile(file, folder.relativize(file).toString().replace('\\', '/'), documents);
    }
  }

  private static boolean isReadInFolder(String name) {
    return DocumentKind.of(name).filter(kind -> kind != DocumentKind.ZIP).isPresent();
  }

  private void readFile(Path file, String name, Consumer<Document> documents) throws IOException {
    switch (DocumentKind.of(name).orElseThrow()) {
      case ZIP -> readZip(file, documents);
      case PARQUET -> new ParquetDocuments(file, textField).read(name, documents);
      case TEXT, JSON_LINES -> {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
          readStream(in, file.toString(), name, CodingErrorAction.REPORT, documents);
        }
      }
    }
  }

  private void readZip(Path zip, Consumer<Document> documents) throws IOException {
    try (ZipFile file = new ZipFile(zip.toFile())) {
      List<? extends ZipEntry> entries =
          file.stream()
              .filter(entry -> !entry.isDirectory() && isReadInZip(entry.getName()))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        try (InputStream in = file.getInputStream(entry)) {
          String name = zip.getFileName() + "!" + entry.getName();
          // The user may not control the zip's contents, so one file in another encoding is not an
          // error.
          readStream(in, zip + "!" + entry.getName(), name, CodingErrorAction.REPLACE, documents);
        }
      }
    } catch (ZipException e) {
      throw new UserError(zip + ": is not a zip file: " + e.getMessage(), e);
    }
  }

  private static boolean isReadInZip(String name) {
    return DocumentKind.of(name).filter(DocumentKind::isStream).isPresent();
  }

  /**
   * Reads text or JSON lines.
   *
   * @param location location of the text, for messages
   * @param name name of the document, or prefix of the documents' names
   * @param malformed action on text that is not UTF-8
   */
  private void readStream(
      InputStream in,
      String location,
      String name,
      CodingErrorAction malformed,
      Consumer<Document> documents)
      throws IOException {
    Optional<DocumentKind> kind = DocumentKind.of(name);
    try (InputStream text = decompressed(in, location, name)) {
      if (kind.equals(Optional.of(DocumentKind.JSON_LINES))) {
        new JsonLines(location, textField).read(text, name, documents);
      } else {
        documents.accept(document(name, decode(text.readAllBytes(), location, malformed)));
      }
    } catch (EOFException | ZipException | ZstdIOException e) {
      throw new UserError(location + ": is truncated or damaged: " + e.getMessage(), e);
    }
  }

  private static InputStream decompressed(InputStream in, String location, String name)
      throws IOException {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".zst")) {
      return new ZstdInputStream(in);
    }
    try {
      return lower.endsWith(".gz") ? new GZIPInputStream(in) : in;
    } catch (ZipException e) {
      throw new UserError(location + ": is not compressed with gzip: " + e.getMessage(), e);
    }
  }

  private static String decode(byte[] bytes, String location, CodingErrorAction malformed) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(malformed)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      throw FileErrors.translate(Path.of(location), e);
    }
  }

  private static Document document(String name, String text) {
    boolean java = name.toLowerCase(Locale.ROOT).endsWith(".java");
    return new Document(name, java ? JavaSource.clean(text) : text);
  }
}
