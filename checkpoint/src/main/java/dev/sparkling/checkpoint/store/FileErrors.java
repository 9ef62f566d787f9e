package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Translates file system errors into errors for the user. */
public final class FileErrors {

  /**
   * Messages for errors that only the user can fix, by the C library's text, which Java passes on.
   */
  private static final Map<String, String> REASONS =
      Map.of(
          "No space left on device", "the disk is full; free some space or choose another place",
          "Disk quota exceeded", "the disk is full; free some space or choose another place",
          "Read-only file system", "the file system is read-only; choose another place",
          "Is a directory", "is a folder; a file is expected",
          "Not a directory", "a file exists where a folder is needed",
          "Too many levels of symbolic links", "is a symbolic link that points to itself",
          "File name too long", "the name is too long; choose a shorter one",
          "Operation not permitted", "permission denied; it must be readable and writable");

  private FileErrors() {}

  /** Returns the error to throw for a failed operation on {@code file}. */
  public static SparklingException translate(Path file, IOException error) {
    String reason = reason(error);
    Optional<String> known =
        REASONS.entrySet().stream()
            .filter(entry -> reason.contains(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst();
    if (known.isPresent()) {
      return new UserError(file + ": " + known.get(), error);
    }
    return switch (error) {
      case NoSuchFileException _ ->
          new UserError(file + ": does not exist; a file is expected", error);
      case AccessDeniedException _ ->
          new UserError(file + ": permission denied; it must be readable and writable", error);
      case FileAlreadyExistsException _, NotDirectoryException _ ->
          new UserError(file + ": a file exists where a folder is needed", error);
      case CharacterCodingException _ ->
          new UserError(file + ": is not UTF-8 text; save it as UTF-8", error);
      default -> new TransientError(file + ": " + reason, error);
    };
  }

  /** Returns the reason without the path, which {@link FileSystemException} adds to its message. */
  private static String reason(IOException error) {
    return String.valueOf(
        error instanceof FileSystemException known && known.getReason() != null
            ? known.getReason()
            : error.getMessage());
  }
}
