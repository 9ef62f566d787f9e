package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.expander.run.UnfinishedExpansion;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a user may have a checkpoint written: nothing is there, and it is apart from the source.
 */
final class ExpansionTarget {

  private ExpansionTarget() {}

  /**
   * Checks {@code --to} against what is there and against {@code --from}.
   *
   * @throws UserError where anything would be overwritten or mixed up
   */
  static void check(String from, String to, Arguments.Located target) {
    if (Checkpoints.exists(target.store(), target.folder())) {
      throw new UserError("--to: " + to + " holds a checkpoint already; name another folder");
    }
    if (target.store().find(target.folder()).isPresent()) {
      throw new UserError("--to: " + to + " is a file; name a new or empty folder");
    }
    if (isBelow(StoreUri.parse("--to", to), StoreUri.parse("--from", from))) {
      throw new UserError(
          "--to: " + to + " is inside of --from " + from + "; name a folder beside it");
    }
    if (target.store().find(target.folder() + "/" + UnfinishedExpansion.NAME).isPresent()) {
      return; // gone on with, or begun anew, by who knows what else may stand there
    }
    target.store().list(target.folder() + "/").stream()
        .findFirst()
        .ifPresent(
            object -> {
              throw new UserError(
                  "--to: "
                      + to
                      + " is not empty: it holds "
                      + object.key().substring(target.folder().length() + 1)
                      + "; name a new or empty folder");
            });
  }

  private static boolean isBelow(StoreUri inner, StoreUri outer) {
    return switch (inner) {
      case StoreUri.Folder(Path path) ->
          outer instanceof StoreUri.Folder(Path other) && real(path).startsWith(real(other));
      case StoreUri.Bucket bucket ->
          outer instanceof StoreUri.Bucket && (bucket + "/").startsWith(outer + "/");
    };
  }

  /** Without links, as far as the path exists. */
  private static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    Path existing = absolute;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      return existing == null
          ? absolute
          : existing.toRealPath().resolve(existing.relativize(absolute));
    } catch (IOException e) {
      throw FileErrors.translate(existing, e);
    }
  }
}
