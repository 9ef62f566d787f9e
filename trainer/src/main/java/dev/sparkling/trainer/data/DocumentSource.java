package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads documents from what a user names: a text file, a folder of them, or a zip such as a sources
 * jar. The order is that of the names, so that it does not depend on the file system.
 */
public final class DocumentSource {

  private static final List<String> TEXT = List.of(".java", ".txt", ".md", ".text");
  private static final List<String> ZIP = List.of(".jar", ".zip");

  private DocumentSource() {}

  /**
   * Looks at all inputs without reading their text.
   *
   * @throws UserError naming every one that does not exist, cannot be read or is of no known kind
   */
  static void check(List<Path> inputs) {
    List<String> problems = new ArrayList<>();
    for (Path input : inputs) {
      if (!Files.exists(input)) {
        problems.add(input + ": does not exist; a file or folder of text is expected");
      } else if (!Files.isReadable(input)) {
        problems.add(input + ": permission denied; it must be readable");
      } else if (!Files.isDirectory(input) && !isZip(input) && !isText(input.toString())) {
        problems.add(
            input
                + ": is of no known kind; allowed: a folder, "
                + String.join(", ", ZIP)
                + ", "
                + String.join(", ", TEXT));
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
  }

  /**
   * Hands over every document of an input that was checked.
   *
   * @throws UserError where a file in it cannot be read
   */
  static void read(Path input, Consumer<Document> documents) {
    try {
      if (Files.isDirectory(input)) {
        readFolder(input, documents);
      } else if (isZip(input)) {
        readZip(input, documents);
      } else {
        documents.accept(document(String.valueOf(input.getFileName()), text(input)));
      }
    } catch (ZipException e) {
      throw new UserError(input + ": is not a zip file: " + e.getMessage(), e);
    } catch (UncheckedIOException e) {
      IOException cause = Objects.requireNonNull(e.getCause());
      throw FileErrors.translate(failed(input, cause), cause);
    } catch (IOException e) {
      throw FileErrors.translate(failed(input, e), e);
    }
  }

  /** The file below the input that the error is about, where it says so. */
  private static Path failed(Path input, IOException error) {
    return error instanceof FileSystemException known && known.getFile() != null
        ? Path.of(known.getFile())
        : input;
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw FileErrors.translate(file, e);
    }
  }

  private static boolean isZip(Path input) {
    String name = input.toString().toLowerCase(Locale.ROOT);
    return ZIP.stream().anyMatch(name::endsWith);
  }

  private static void readFolder(Path folder, Consumer<Document> documents) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files =
          all.filter(Files::isRegularFile)
              .filter(file -> isText(file.toString()))
              .sorted()
              .toList();
    }
    for (Path file : files) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      documents.accept(document(name, text(file)));
    }
  }

  private static void readZip(Path zip, Consumer<Document> documents) throws IOException {
    try (ZipFile file = new ZipFile(zip.toFile())) {
      List<? extends ZipEntry> entries =
          file.stream()
              .filter(entry -> !entry.isDirectory() && isText(entry.getName()))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        try (InputStream in = file.getInputStream(entry)) {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          documents.accept(document(zip.getFileName() + "!" + entry.getName(), text));
        }
      }
    }
  }

  private static Document document(String name, String text) {
    boolean java = name.toLowerCase(Locale.ROOT).endsWith(".java");
    return new Document(name, java ? JavaSource.clean(text) : text);
  }

  private static boolean isText(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return TEXT.stream().anyMatch(lower::endsWith);
  }
}
