package dev.sparkling.operator.status;

import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.pipeline.job.Work;

/** A change in the cluster that a pass makes. Making it twice is harmless. */
public sealed interface Action {

  /**
   * Create a worker's job.
   *
   * @param attempts number of failed attempts of the jobs that it replaces
   */
  record Launch(String stage, Work work, int attempts) implements Action {}

  /** Create the job of a check. */
  record LaunchCheck(String stage, Check check) implements Action {}

  /** Delete a job; its pods are asked to stop, and the job is removed after them. */
  record Stop(WorkerJob job) implements Action {}

  /** Remove a job whose pod is lost, without waiting for the pod. */
  record Abandon(WorkerJob job) implements Action {}
}
