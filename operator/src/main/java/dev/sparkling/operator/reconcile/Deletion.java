package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.StageJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.status.Transitions.Happening;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.DeletionPolicy;
import dev.sparkling.pipeline.stage.Worker;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import java.util.List;
import java.util.Optional;

/**
 * What happens before a deleted resource goes: with {@code Retain} its jobs go with it; with {@code
 * Delete} a job of its own deletes what the run has stored, once nobody writes there any more.
 */
final class Deletion {

  private static final String WHOLE_RUN = "";

  private final Workers workers;
  private final Happenings happenings;

  Deletion(Workers workers, Happenings happenings) {
    this.workers = workers;
    this.happenings = happenings;
  }

  DeleteControl goOn(ProgressiveTrainingResource run, StageJobs jobs) {
    if (run.getSpec().deletionPolicy() == DeletionPolicy.RETAIN) {
      return DeleteControl.defaultDelete();
    }
    List<WorkerJob> active = jobs.ofStages().filter(WorkerJob::isActive).toList();
    if (!active.isEmpty()) {
      active.forEach(workers::stop);
      return DeleteControl.noFinalizerRemoval();
    }
    Optional<WorkerJob> deleter = jobs.find(WHOLE_RUN, Work.DELETE);
    if (deleter.isEmpty()) {
      workers.launch(run, WHOLE_RUN, Work.DELETE);
      return DeleteControl.noFinalizerRemoval();
    }
    return switch (deleter.get().worker()) {
      case Worker.None _ -> DeleteControl.defaultDelete();
      case Worker.Active _ -> DeleteControl.noFinalizerRemoval();
      case Worker.Failed failed -> {
        happenings.record(
            run,
            new Happening(
                true,
                "DeletionFailed",
                failed.message()
                    + "; delete job "
                    + deleter.get().job().getMetadata().getName()
                    + " to try again, or set spec.deletionPolicy to Retain to keep the objects"));
        yield DeleteControl.noFinalizerRemoval();
      }
    };
  }
}
