package dev.sparkling.worker.argument;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.expander.run.UnfinishedExpansion;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.worker.run.StoreAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A checkpoint that an argument names: a folder in a store.
 *
 * @param name name of the argument, for messages
 * @param text value of the argument
 * @param at location of the checkpoint; its store is rooted at the folder's parent
 */
public record CheckpointArgument(String name, String text, CheckpointLocation at)
    implements AutoCloseable {

  /**
   * Opens the store of a checkpoint to read, whose folder may be named without the mark of its
   * writer, as in {@code wide/checkpoints/step-00001000}. Does not check whether it exists.
   */
  public static CheckpointArgument openExisting(String name, String text) {
    CheckpointArgument named = open(name, text);
    try {
      StoreUri parent = StoreUri.parse(name, text).parent().orElseThrow();
      return new CheckpointArgument(
          name,
          text,
          new CheckpointLocation(
              named.store(), FencedFolder.resolve(parent, named.at().folder(), named.store())));
    } catch (RuntimeException e) {
      named.close();
      throw e;
    }
  }

  /** Opens the store of the folder; does not check whether the folder exists. */
  public static CheckpointArgument open(String name, String text) {
    return switch (StoreUri.parse(name, text)) {
      case StoreUri.Folder(Path path) -> {
        Path absolute = path.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        if (parent == null) {
          throw new UserError(name + ": '" + text + "' is the root; name a folder below it");
        }
        String folder = absolute.getFileName().toString();
        if (folder.startsWith(".")) {
          throw new UserError(
              name + ": '" + text + "' begins with a dot; no part of a store's keys may");
        }
        yield open(name, text, new StoreUri.Folder(parent), folder);
      }
      case StoreUri.Bucket(String bucket, String prefix) -> {
        if (prefix.isEmpty()) {
          throw new UserError(name + ": '" + text + "' is a whole bucket; name a folder in it");
        }
        int slash = prefix.lastIndexOf('/');
        StoreUri parent = new StoreUri.Bucket(bucket, prefix.substring(0, Math.max(0, slash)));
        yield open(name, text, parent, prefix.substring(slash + 1));
      }
    };
  }

  private static CheckpointArgument open(String name, String text, StoreUri uri, String folder) {
    return new CheckpointArgument(
        name, text, new CheckpointLocation(StoreAccess.open(uri), folder));
  }

  public ObjectStore store() {
    return at.store();
  }

  /** Opens the checkpoint, which may also be a Hugging Face folder. */
  public CheckpointReader reader() {
    return ArgumentErrors.naming(name, () -> CheckpointReader.openAny(at.store(), at.folder()));
  }

  /**
   * Checks that a new checkpoint can be written to the folder without overwriting anything or
   * writing into the source.
   *
   * @throws UserError if the folder is not free
   */
  public void requireFree(CheckpointArgument source) {
    ObjectStore store = at.store();
    String folder = at.folder();
    if (Checkpoints.exists(store, folder)) {
      throw new UserError(
          name + ": " + text + " already holds a checkpoint; name a new or empty folder");
    }
    if (store.find(folder).isPresent()) {
      throw new UserError(name + ": " + text + " is a file; name a new or empty folder");
    }
    if (isBelow(StoreUri.parse(name, text), StoreUri.parse(source.name, source.text))) {
      throw new UserError(
          name
              + ": "
              + text
              + " is inside "
              + source.name
              + " "
              + source.text
              + "; name a folder beside it");
    }
    if (store.find(folder + "/" + UnfinishedExpansion.NAME).isPresent()) {
      return; // the expansion resumes, or starts over if the arguments have changed
    }
    store.list(folder + "/").stream()
        .findFirst()
        .ifPresent(
            object -> {
              throw new UserError(
                  "%s: %s is not empty: it holds %s; name a new or empty folder"
                      .formatted(name, text, object.key().substring(folder.length() + 1)));
            });
  }

  @Override
  public void close() {
    at.store().close();
  }

  private static boolean isBelow(StoreUri inner, StoreUri outer) {
    return switch (inner) {
      case StoreUri.Folder(Path path) ->
          outer instanceof StoreUri.Folder(Path other) && real(path).startsWith(real(other));
      case StoreUri.Bucket bucket ->
          outer instanceof StoreUri.Bucket && (bucket + "/").startsWith(outer + "/");
    };
  }

  /** Resolves links in the part of the path that exists. */
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
