package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.observe.WorkerPodState;
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
 * Finalizes a deleted run. With {@code Retain}, there is nothing to do: the run's jobs are
 * garbage-collected. With {@code Delete}, a job deletes the run's data once no worker can write any
 * more of them.
 */
final class Deletion {

  private static final Logger LOG = Logger.getLogger(Deletion.class);
  private static final String WHOLE_RUN = "";
  private static final String ADVICE =
      "; fix it, or set spec.deletionPolicy to Retain to keep the data";
  private static final Delay IN_PROGRESS =
      new Delay(Reason.DELETING, Reason.DELETING.defaultMessage());

  private final Workers workers;

  Deletion(Workers workers) {
    this.workers = workers;
  }

  /**
   * The reason why a run is not deleted yet.
   *
   * @param reason reason of the condition; one of those for deletions
   */
  record Delay(Reason reason, String message) {}

  /** Takes the next step of the deletion, and returns empty once nothing is left to do. */
  Optional<Delay> advance(ProgressiveTrainingResource run, RunJobs jobs) {
    if (run.getSpec().deletionPolicy() == DeletionPolicy.RETAIN) {
      return Optional.empty();
    }
    jobs.lost().forEach(workers::abandon);
    List<WorkerJob> active = jobs.ofStages().filter(WorkerJob::isActive).toList();
    if (!active.isEmpty()) {
      active.forEach(workers::stop);
      return Optional.of(
          new Delay(Reason.DELETING, "waiting until job " + active.getFirst().name() + " is gone"));
    }
    Optional<WorkerPodState> orphan = jobs.orphans().findFirst();
    if (orphan.isPresent()) {
      return Optional.of(
          new Delay(Reason.DELETING, "waiting until pod " + orphan.get().name() + " is gone"));
    }
    Optional<WorkerJob> deleter = jobs.find(WHOLE_RUN, Work.DELETE);
    if (deleter.isEmpty()) {
      return launch(run);
    }
    return switch (deleter.get().worker()) {
      case Worker.None _ -> Optional.empty();
      case Worker.Active _, Worker.Stuck _ ->
          Optional.of(
              deleter.get().blockedWithoutQueue().map(Deletion::blocked).orElse(IN_PROGRESS));
      case Worker.Failed failed ->
          Optional.of(
              new Delay(
                  Reason.DELETION_FAILED,
                  failed.message()
                      + "; delete job "
                      + deleter.get().name()
                      + " to try again, or set spec.deletionPolicy to Retain to keep the data"));
    };
  }

  /** Returns the delay if the job that deletes the data could not be created. */
  static Delay refused(LaunchFailure failure) {
    return new Delay(Reason.DELETION_FAILED, failure.getMessage() + ADVICE);
  }

  private static Delay blocked(Waiting waiting) {
    return new Delay(Reason.DELETION_HELD_UP, waiting.reason() + ": " + waiting.message() + ADVICE);
  }

  /**
   * Launches the job that deletes the data. A terminating namespace accepts no new jobs and would
   * wait for the run forever, so its runs are removed without one.
   */
  private Optional<Delay> launch(ProgressiveTrainingResource run) {
    try {
      workers.launch(run, WHOLE_RUN, Work.DELETE, 0);
      return Optional.of(IN_PROGRESS);
    } catch (LaunchFailure e) {
      if (!e.isNamespaceTerminating()) {
        throw e;
      }
      LOG.warnf(
          "%s: its namespace is being deleted, so no job can delete the data in %s; delete"
              + " them with sparkling delete %2$s --yes",
          run.getFullResourceName() + " " + run.getMetadata().getName(),
          run.getSpec().storage().uri());
      return Optional.empty();
    }
  }
}
