package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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
   * Hands over every document.
   *
   * @throws UserError where the input does not exist or is of no known kind
   */
  public static void read(Path input, Consumer<Document> documents) {
    String name = input.getFileName().toString().toLowerCase(Locale.ROOT);
    try {
      if (Files.isDirectory(input)) {
        readFolder(input, documents);
      } else if (!Files.exists(input)) {
        throw new UserError(input + ": does not exist; a file or folder of text is expected");
      } else if (ZIP.stream().anyMatch(name::endsWith)) {
        readZip(input, documents);
      } else if (isText(name)) {
        documents.accept(document(input.getFileName().toString(), Files.readString(input)));
      } else {
        throw new UserError(
            input
                + ": is of no known kind; allowed: a folder, "
                + String.join(", ", ZIP)
                + ", "
                + String.join(", ", TEXT));
      }
    } catch (ZipException e) {
      throw new UserError(input + ": is not a zip file: " + e.getMessage(), e);
    } catch (IOException e) {
      throw FileErrors.translate(input, e);
    }
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
      documents.accept(document(name, Files.readString(file)));
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
