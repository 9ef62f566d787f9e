package dev.sparkling.worker.run;

import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobDocument;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** Finds out who owns the run that a command works on. */
final class OwnerLookup {

  /** Environment variable with CLUSTER/NAMESPACE/NAME of the resource, which the operator sets. */
  static final String VARIABLE = "SPARKLING_OWNER";

  private static final String ID_NAME = "owner-id";

  private OwnerLookup() {}

  /**
   * Returns the owner of a job's run: in a bucket, the resource in {@value #VARIABLE} or, if that
   * is not set, the job's run.
   */
  static RunOwner ofJob(StoreUri run, JobDocument job, Map<String, String> environment) {
    return owner(run, environment, () -> new RunOwner("job/" + job.run(), "job " + job.run()));
  }

  /**
   * Returns the owner of a run that a user starts: in a bucket, the resource in {@value #VARIABLE}
   * or, if that is not set, this user on this machine, with an ID that is created on the first use.
   */
  static RunOwner ofLocalRun(StoreUri run, Map<String, String> environment) {
    return owner(
        run,
        environment,
        () ->
            new RunOwner(
                "user/" + id(stateFolder(environment).resolve("sparkling").resolve(ID_NAME)),
                System.getProperty("user.name") + " on " + hostName()));
  }

  private static RunOwner owner(
      StoreUri run, Map<String, String> environment, Supplier<RunOwner> otherwise) {
    return run instanceof StoreUri.Folder
        ? RunOwner.ofFolder()
        : given(environment).orElseGet(otherwise);
  }

  private static Optional<RunOwner> given(Map<String, String> environment) {
    String value = environment.get(VARIABLE);
    if (value == null || value.isBlank()) {
      return Optional.empty();
    }
    String[] parts = value.split("/", -1);
    if (parts.length != 3) {
      throw new UserError(
          VARIABLE + ": '" + value + "' does not name an owner; allowed: CLUSTER/NAMESPACE/NAME");
    }
    return Optional.of(RunOwner.ofResource(parts[0], parts[1], parts[2]));
  }

  private static Path stateFolder(Map<String, String> environment) {
    String folder = environment.get("XDG_STATE_HOME");
    return folder == null || folder.isBlank()
        ? Path.of(System.getProperty("user.home"), ".local", "state")
        : Path.of(folder);
  }

  private static String id(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      return UUID.fromString(Files.readString(file).strip()).toString();
    } catch (IllegalArgumentException e) {
      throw new UserError(file + ": does not hold a UUID; delete it, or set " + VARIABLE, e);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  /** Creates the file with its content, unless another process creates it first. */
  private static void create(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path whole = Files.createTempFile(file.getParent(), ID_NAME, ".partial");
    try {
      Files.writeString(whole, UUID.randomUUID().toString());
      Files.createLink(file, whole);
    } catch (FileAlreadyExistsException _) {
      // created by another process
    } finally {
      Files.delete(whole);
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unknown host";
    }
  }
}
