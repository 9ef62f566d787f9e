package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** What a file system's errors mean for the user. */
public final class FileErrors {

  /** The text of ENOSPC, EDQUOT and EROFS, which Java passes on from the C library. */
  private static final String NO_SPACE = "No space left on device";

  private static final String QUOTA = "Disk quota exceeded";
  private static final String READ_ONLY = "Read-only file system";

  private FileErrors() {}

  /** The error to throw for a failed operation on {@code file}. */
  public static SparklingException translate(Path file, IOException error) {
    String reason = String.valueOf(error.getMessage());
    if (reason.contains(NO_SPACE) || reason.contains(QUOTA)) {
      return new UserError(
          file + ": the disk is full; free some space or choose another place", error);
    }
    if (reason.contains(READ_ONLY)) {
      return new UserError(file + ": the file system is read-only; choose another place", error);
    }
    return switch (error) {
      case NoSuchFileException _ ->
          new UserError(file + ": does not exist; a file is expected", error);
      case AccessDeniedException _ ->
          new UserError(file + ": permission denied; it must be readable and writable", error);
      case FileAlreadyExistsException _, NotDirectoryException _ ->
          new UserError(file + ": a file stands where a folder is needed", error);
      default -> new TransientError(file + ": " + reason, error);
    };
  }
}
