package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectStores;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.StorageSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What arguments name. */
final class Arguments {

  private Arguments() {}

  /** Reads and validates a resource file. */
  static ProgressiveTraining resource(Path file) {
    try {
      return SpecReader.read(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  /**
   * Opens the store of a resource's location, at the resource's endpoint where it names one.
   *
   * @throws UserError where the environment names another endpoint
   */
  static ObjectStore open(StoreUri uri, StorageSpec storage) {
    return ObjectStores.open(
        uri, () -> S3Access.fromEnvironment(environment(System.getenv(), storage)));
  }

  static Map<String, String> environment(Map<String, String> system, StorageSpec storage) {
    String endpoint = storage.endpoint();
    if (endpoint == null || endpoint.isBlank()) {
      return system;
    }
    Map<String, String> environment = new HashMap<>(system);
    String other = environment.put(S3Access.ENDPOINT, endpoint);
    if (other != null && !other.isBlank() && !other.equals(endpoint)) {
      throw new UserError(
          "spec.storage.endpoint: %s is not the %s of environment %s; make them equal, or leave one out"
              .formatted(endpoint, other, S3Access.ENDPOINT));
    }
    return environment;
  }

  /** Opens the store that a location names. */
  static ObjectStore open(StoreUri uri) {
    return ObjectStores.open(uri, () -> S3Access.fromEnvironment(System.getenv()));
  }

  /**
   * Opens the store of a folder's parent, because a checkpoint is a folder in a store.
   *
   * @param name of the argument, for messages
   */
  static Located locate(String name, String text) {
    StoreUri uri = StoreUri.parse(name, text);
    return switch (uri) {
      case StoreUri.Folder(Path path) -> {
        Path absolute = path.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        if (parent == null) {
          throw new UserError(name + ": '" + text + "' is the root; name a folder below it");
        }
        String folder = absolute.getFileName().toString();
        if (folder.startsWith(".")) {
          throw new UserError(
              name + ": '" + text + "' begins with a dot, as what is not part of a store does");
        }
        yield new Located(open(new StoreUri.Folder(parent)), folder);
      }
      case StoreUri.Bucket(String bucket, String prefix) -> {
        if (prefix.isEmpty()) {
          throw new UserError(name + ": '" + text + "' is a whole bucket; name a folder in it");
        }
        int slash = prefix.lastIndexOf('/');
        yield new Located(
            open(new StoreUri.Bucket(bucket, prefix.substring(0, Math.max(0, slash)))),
            prefix.substring(slash + 1));
      }
    };
  }

  /**
   * What an argument names is the user's to choose, so damage to it is the user's error (exit 2);
   * damage to a run's own checkpoint stays what it is (exit 3). Lines about it begin with the
   * argument's name; lines about another option have that one's already.
   */
  static <T> T input(String name, Supplier<T> action) {
    return input(_ -> name, action);
  }

  /**
   * The same where an action reads from {@code --from} and writes to {@code --to}: what is wrong
   * with a place is told with the argument that named it.
   */
  static <T> T fromTo(Located target, Supplier<T> action) {
    String to = target.store().location(target.folder());
    try {
      return action.get();
    } catch (CorruptCheckpoint | UserError e) {
      if (e instanceof CorruptCheckpoint && String.valueOf(e.getMessage()).startsWith(to)) {
        throw e; // What was written is wrong, not what the user named.
      }
      throw named(e, line -> line.startsWith(to) ? "--to" : "--from");
    }
  }

  private static <T> T input(UnaryOperator<String> nameOf, Supplier<T> action) {
    try {
      return action.get();
    } catch (CorruptCheckpoint | UserError e) {
      throw named(e, nameOf);
    }
  }

  private static UserError named(SparklingException error, UnaryOperator<String> nameOf) {
    return new UserError(
        error.problems().stream()
            .map(line -> line.startsWith("--") ? line : nameOf.apply(line) + " " + line)
            .toList());
  }

  /** A folder in a store. */
  record Located(ObjectStore store, String folder) implements AutoCloseable {
    @Override
    public void close() {
      store.close();
    }
  }
}
