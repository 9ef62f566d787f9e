package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.cli.pod.RunDeletion;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.StageSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
      "Begun again after any interruption, it goes on."
    },
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Mixin private WorkerOptions worker;

  @Spec private CommandSpec commandSpec;

  /** Which run: a job document's, or one by hand. */
  static final class Source {
    @Option(names = "--job", paramLabel = "FILE", required = true, description = JobFile.HELP)
    private Path job;

    @ArgGroup(exclusive = false)
    private @Nullable ByHand byHand;
  }

  /** A place that must look like a run's. */
  static final class ByHand {
    @Parameters(paramLabel = "URI", description = "Where the run is kept.")
    private String uri;

    @Option(names = "--yes", description = "Really delete.")
    private boolean yes;
  }

  @Override
  public Integer call() {
    try (StopSignal stop = worker.stopSignal()) {
      ByHand byHand = source.byHand;
      JobResult ended =
          byHand == null
              ? delete(JobFile.read(source.job, Work.DELETE), stop)
              : delete(byHand, stop);
      return worker.end(ended, commandSpec.commandLine().getOut());
    }
  }

  /** Of a job's run only what its stages have stored: others may live beside it. */
  private static JobResult delete(JobFile job, StopSignal stop) {
    List<String> stages = job.resource().spec().stages().stream().map(StageSpec::name).toList();
    try (RunLock _ = lock(job.store());
        ObjectStore store = Arguments.open(job.store(), job.resource().spec().storage())) {
      return delete(RunDeletion.ofRun(store, stages), store, stop);
    }
  }

  private static JobResult delete(ByHand byHand, StopSignal stop) {
    StoreUri uri = StoreUri.parse("URI", byHand.uri);
    try (RunLock _ = lock(uri);
        ObjectStore store = Arguments.open(uri)) {
      RunDeletion deletion = RunDeletion.ofAnyRun(store);
      if (!deletion.others().isEmpty()) {
        StoredObject first = deletion.others().getFirst();
        throw new UserError(
            "URI: "
                + byHand.uri
                + " does not look like a run: "
                + deletion.others().size()
                + " objects are none of a run's, such as "
                + first.key()
                + "; nothing was deleted");
      }
      if (!byHand.yes && !deletion.objects().isEmpty()) {
        throw new UserError(
            "URI: "
                + byHand.uri
                + " holds "
                + summary(deletion)
                + "; nothing was deleted: --yes is needed");
      }
      return delete(deletion, store, stop);
    }
  }

  private static JobResult delete(RunDeletion deletion, ObjectStore store, StopSignal stop) {
    boolean complete = deletion.run(store, stop::requested);
    String left =
        deletion.others().isEmpty()
            ? ""
            : "; %d that are none of the run's are left".formatted(deletion.others().size());
    return complete
        ? new JobResult(
            Outcome.COMPLETE,
            "%s: deleted %s%s".formatted(store.location(""), summary(deletion), left),
            null,
            null)
        : new JobResult(
            Outcome.STOPPED, store.location("") + ": stopped; delete again to go on", null, null);
  }

  /** Locking would make the folder. */
  private static @Nullable RunLock lock(StoreUri uri) {
    return uri instanceof StoreUri.Folder(Path folder) && !Files.isDirectory(folder)
        ? null
        : RunLock.acquire(uri);
  }

  private static String summary(RunDeletion deletion) {
    return "%d objects of %s".formatted(deletion.objects().size(), Format.bytes(deletion.bytes()));
  }
}
