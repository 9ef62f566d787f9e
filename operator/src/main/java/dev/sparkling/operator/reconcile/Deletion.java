package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.StageJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.observe.WorkerPodState.Waiting;
import dev.sparkling.operator.reconcile.Workers.LaunchFailure;
import dev.sparkling.operator.status.Reason;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.DeletionPolicy;
import dev.sparkling.pipeline.stage.Worker;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * What happens before a deleted resource goes: with {@code Retain} its jobs go with it; with {@code
 * Delete} a job of its own deletes what the run has stored, once nobody writes there any more.
 */
final class Deletion {

  private static final Logger LOG = Logger.getLogger(Deletion.class);
  private static final String WHOLE_RUN = "";
  private static final Delay AT_WORK = new Delay(Reason.DELETING, Reason.DELETING.sentence());

  private final Workers workers;

  Deletion(Workers workers) {
    this.workers = workers;
  }

  /**
   * Why a resource cannot go yet.
   *
   * @param reason one of those about deletion
   */
  record Delay(Reason reason, String message) {}

  /** Takes the deletion one step further; empty where nothing is left to do. */
  Optional<Delay> goOn(ProgressiveTrainingResource run, StageJobs jobs) {
    if (run.getSpec().deletionPolicy() == DeletionPolicy.RETAIN) {
      return Optional.empty();
    }
    List<WorkerJob> active = jobs.ofStages().filter(WorkerJob::isActive).toList();
    if (!active.isEmpty()) {
      active.forEach(workers::stop);
      return Optional.of(
          new Delay(Reason.DELETING, "waits until job " + name(active.getFirst()) + " is gone"));
    }
    Optional<WorkerJob> deleter = jobs.find(WHOLE_RUN, Work.DELETE);
    if (deleter.isEmpty()) {
      return launch(run);
    }
    return switch (deleter.get().worker()) {
      case Worker.None _ -> Optional.empty();
      case Worker.Active _ ->
          Optional.of(deleter.get().blocked().map(Deletion::heldUp).orElse(AT_WORK));
      case Worker.Failed failed ->
          Optional.of(
              new Delay(
                  Reason.DELETION_FAILED,
                  failed.message()
                      + "; delete job "
                      + name(deleter.get())
                      + " to try again, or set spec.deletionPolicy to Retain to keep the objects"));
    };
  }

  /** Where the job that deletes the objects could not be created. */
  static Delay refused(LaunchFailure failure) {
    return new Delay(
        Reason.DELETION_FAILED,
        failure.getMessage()
            + "; mend it, or set spec.deletionPolicy to Retain to keep the objects");
  }

  private static Delay heldUp(Waiting waiting) {
    return new Delay(
        Reason.DELETION_HELD_UP,
        waiting.reason()
            + ": "
            + waiting.message()
            + "; mend it, or set spec.deletionPolicy to Retain to keep the objects");
  }

  /** A namespace that goes takes no new jobs, and would wait for its resource for ever. */
  private Optional<Delay> launch(ProgressiveTrainingResource run) {
    try {
      workers.launch(run, WHOLE_RUN, Work.DELETE);
      return Optional.of(AT_WORK);
    } catch (LaunchFailure e) {
      if (!e.isOfGoingNamespace()) {
        throw e;
      }
      LOG.warnf(
          "%s: its namespace is being deleted, so that no job can delete %s, which stays;"
              + " sparkling delete %2$s --yes does",
          run.getFullResourceName() + " " + run.getMetadata().getName(),
          run.getSpec().storage().uri());
      return Optional.empty();
    }
  }

  private static String name(WorkerJob worker) {
    return worker.job().getMetadata().getName();
  }
}
