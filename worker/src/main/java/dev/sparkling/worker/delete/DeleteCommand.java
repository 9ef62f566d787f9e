package dev.sparkling.worker.delete;

import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.StageSpec;
import dev.sparkling.worker.argument.JobInput;
import dev.sparkling.worker.process.StopSignal;
import dev.sparkling.worker.process.WorkerOptions;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunLock;
import dev.sparkling.worker.run.StoreAccess;
import dev.sparkling.worker.text.Format;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "delete",
    description = {
      "Deletes everything that a run has stored.",
      "After an interruption, run it again to delete the rest."
    },
    mixinStandardHelpOptions = true)
public final class DeleteCommand implements Callable<Integer> {

  @ArgGroup(multiplicity = "1")
  private DeleteInput input;

  @Mixin private WorkerOptions worker;

  @Spec private CommandSpec commandSpec;

  /** The run to delete, from a job document or at a location. */
  static final class DeleteInput extends JobInput {
    @ArgGroup(exclusive = false)
    private @Nullable RunLocation location;
  }

  /** A location, which is deleted only if it looks like a run. */
  static final class RunLocation {
    @Parameters(paramLabel = "URI", description = "Location of the run.")
    private String uri;

    @Option(names = "--yes", description = "Confirm the deletion.")
    private boolean yes;
  }

  @Override
  public Integer call() {
    try (StopSignal stop = worker.stopSignal()) {
      RunLocation location = input.location;
      JobResult result =
          location == null
              ? delete(Assignment.ofJob(input.job(), Work.DELETE), stop)
              : delete(location, stop);
      return worker.finish(result, commandSpec.commandLine().getOut());
    }
  }

  /**
   * Deletes the objects of the job's stages; other objects at the same location are kept. A run
   * that another resource owns is not deleted.
   */
  private static JobResult delete(Assignment job, StopSignal stop) {
    List<String> stages = job.resource().spec().stages().stream().map(StageSpec::name).toList();
    try (RunLock _ = lock(job.store());
        ObjectStore store = StoreAccess.open(job.store(), job.resource().spec().storage())) {
      RunWriter.beginDeletion(store, Optional.of(job.owner().get()));
      return delete(RunDeletion.ofRun(store, stages), store, stop);
    }
  }

  private static JobResult delete(RunLocation location, StopSignal stop) {
    StoreUri uri = StoreUri.parse("URI", location.uri);
    try (RunLock _ = lock(uri);
        ObjectStore store = StoreAccess.open(uri)) {
      RunDeletion deletion = RunDeletion.ofAnyRun(store);
      if (!deletion.others().isEmpty()) {
        throw new UserError(
            "URI: %s does not look like a run: %s not part of one, such as %s; nothing was deleted"
                .formatted(
                    location.uri,
                    deletion.others().size() == 1
                        ? "1 object is"
                        : deletion.others().size() + " objects are",
                    deletion.others().getFirst().key()));
      }
      if (!location.yes && !deletion.objects().isEmpty()) {
        throw new UserError(
            "URI: %s holds %s; nothing was deleted: confirm with --yes"
                .formatted(location.uri, summary(deletion)));
      }
      lockOutWriters(store);
      return delete(RunDeletion.ofAnyRun(store), store, stop);
    }
  }

  private static void lockOutWriters(ObjectStore store) {
    try {
      RunWriter.beginDeletion(store, Optional.empty());
    } catch (CorruptCheckpoint _) {
      // The user has confirmed the deletion, and no writer of this version is admitted by a fence
      // that cannot be read.
    }
  }

  private static JobResult delete(RunDeletion deletion, ObjectStore store, StopSignal stop) {
    boolean complete = deletion.run(store, stop::requested);
    String left =
        deletion.others().isEmpty()
            ? ""
            : "; left %d that are not part of the run".formatted(deletion.others().size());
    return complete
        ? new JobResult(
            Outcome.COMPLETE,
            "%s: deleted %s%s".formatted(store.location(""), summary(deletion), left),
            null,
            null)
        : new JobResult(
            Outcome.STOPPED,
            store.location("") + ": stopped; delete again to delete the rest",
            null,
            null);
  }

  /** Takes the lock of a run, unless its folder does not exist, because locking would create it. */
  private static @Nullable RunLock lock(StoreUri uri) {
    return uri instanceof StoreUri.Folder(Path folder) && !Files.isDirectory(folder)
        ? null
        : RunLock.acquire(uri);
  }

  private static String summary(RunDeletion deletion) {
    return "%d objects of %s".formatted(deletion.objects().size(), Format.bytes(deletion.bytes()));
  }
}
