package dev.sparkling.operator.observe;

import dev.sparkling.operator.observe.WorkerPodState.Waiting;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.operator.workload.Names;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.pipeline.stage.Worker.Activity;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.UncountedTerminatedPods;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A job and its pods.
 *
 * @param pods pods of the job, newest last
 * @param events warning events about the worker, if they were looked up
 * @param now time at which they were read
 */
public record WorkerJob(Job job, List<Pod> pods, List<Event> events, Instant now) {

  public WorkerJob {
    pods = List.copyOf(pods);
    events = List.copyOf(events);
  }

  /** The fate of a pod that worked on a stage. */
  enum PodFate {
    /** It may still be working, has succeeded, or its end is not known yet. */
    OPEN,
    /** It was lost for a reason other than its own failure. */
    DISRUPTED,
    /** It failed, which counts against the retries. */
    FAILED,
    /** It belongs to another job. */
    OTHER_JOB
  }

  public String name() {
    return job.getMetadata().getName();
  }

  /**
   * Whether the job is complete or a pod has ended with exit code 0, which a worker returns only if
   * its work is done. The job's condition follows up to two seconds after the pod's end, and
   * outlives the pod.
   */
  public boolean isComplete() {
    return condition("Complete").isPresent()
        || condition("SuccessCriteriaMet").isPresent()
        || success().isPresent();
  }

  /** Whether the job is being deleted; its pod may still be running. */
  public boolean isTerminating() {
    return job.getMetadata().getDeletionTimestamp() != null;
  }

  /** Whether the job may still have a running pod. */
  public boolean isActive() {
    return isTerminating() || (!isComplete() && !isFailed());
  }

  /** Returns the job's state as the stage machine's input. */
  public Worker worker() {
    if (isComplete() && !isTerminating()) {
      return new Worker.None();
    }
    if (isFailed() && !isTerminating() && hasNoOpenPod()) {
      return new Worker.Failed(reason(), failure(), attempts());
    }
    return newestPod()
        .filter(_ -> !isTerminating() && !isSuspended())
        .flatMap(pod -> pod.stuck(now))
        .<Worker>map(waiting -> new Worker.Stuck(waiting.reason(), waiting.message()))
        .orElseGet(() -> new Worker.Active(activity()));
  }

  /** Whether the job is complete or has failed. */
  boolean hasEnded() {
    return isComplete() || isFailed();
  }

  /**
   * Whether this is the check of a stage's hold.
   *
   * @param since time at which the hold began
   */
  public boolean isCheckOf(String since) {
    return since.equals(annotation(Labels.HOLD));
  }

  private boolean isFailed() {
    return condition("Failed").isPresent();
  }

  /**
   * Whether the newest pod, if any, has ended; the cache may show a job's end before that of its
   * pod, which has the reason.
   */
  private boolean hasNoOpenPod() {
    return newestPod().map(pod -> pod.ended().isPresent()).orElse(true);
  }

  public Optional<WorkerPodState> newestPod() {
    return newestFirst().findFirst();
  }

  private Stream<WorkerPodState> newestFirst() {
    return pods.reversed().stream().map(WorkerPodState::new);
  }

  /**
   * Returns the pod that works on the stage, or worked on it last; empty between a lost pod and the
   * next one.
   */
  Optional<WorkerPodState> currentPod() {
    return newestPod().filter(pod -> isFailed() || fateOf(pod) == PodFate.OPEN);
  }

  /**
   * Returns the fate of a pod.
   *
   * @param pod name of the pod
   * @param attempts number of failed attempts that the status already counts
   */
  PodFate fateOf(String pod, int attempts) {
    if (!Names.isPodOf(pod, name())) {
      return PodFate.OTHER_JOB;
    }
    if (isTerminating()) {
      return PodFate.OPEN;
    }
    return newestFirst()
        .filter(candidate -> candidate.name().equals(pod))
        .findFirst()
        .map(WorkerJob::fateOf)
        .orElseGet(() -> fateOfDeleted(attempts));
  }

  private static PodFate fateOf(WorkerPodState pod) {
    if (pod.ended().isEmpty() || pod.end().map(WorkerEnd::isSuccess).orElse(false)) {
      return PodFate.OPEN;
    }
    return pod.wasDisrupted() ? PodFate.DISRUPTED : PodFate.FAILED;
  }

  /**
   * Returns the fate of a deleted pod. The job counts a pod's end before the pod is removed, but
   * jobs and pods are watched separately.
   */
  private PodFate fateOfDeleted(int attempts) {
    if (isComplete() || isFailed()) {
      return PodFate.OPEN;
    }
    if (attempts() > attempts) {
      return PodFate.FAILED;
    }
    return pods.isEmpty() && countsOpenPods() ? PodFate.OPEN : PodFate.DISRUPTED;
  }

  private boolean countsOpenPods() {
    return Objects.requireNonNullElse(status().getActive(), 0) > 0
        || Objects.requireNonNullElse(status().getTerminating(), 0) > 0;
  }

  /** Returns the reason why a job without a queue does not start. */
  public Optional<Waiting> blockedWithoutQueue() {
    return isSuspended()
        ? Optional.of(
            new Waiting(
                "Suspended",
                "job "
                    + name()
                    + " is suspended; if Kueue manages jobs without a queue name, exclude this"
                    + " namespace"))
        : blocked();
  }

  /** Returns the reason why the newest pod does not start, or is not created at all. */
  public Optional<Waiting> blocked() {
    if (isTerminating() || isSuspended()) {
      return Optional.empty();
    }
    return newestPod()
        .flatMap(WorkerPodState::blocked)
        .or(() -> unexplainedWait().flatMap(wait -> wait.explain(events)));
  }

  /** Returns the wait that only events can explain, if there is one. */
  Optional<UnexplainedWait> unexplainedWait() {
    if (isTerminating() || !(worker() instanceof Worker.Active(Activity activity))) {
      return Optional.empty();
    }
    return switch (activity) {
      case STARTING -> newestPod().flatMap(WorkerPodState::unexplainedWait).or(this::waitForPod);
      case QUEUED, BLOCKED, WORKING -> Optional.empty();
    };
  }

  /** Returns the wait for the first pod, or for the next one after a pod has ended. */
  private Optional<UnexplainedWait> waitForPod() {
    String begin =
        Objects.requireNonNullElse(startTime(), job.getMetadata().getCreationTimestamp());
    Optional<Instant> since =
        pods.isEmpty()
            ? Optional.of(Instant.parse(begin))
            : newestPod().flatMap(WorkerPodState::ended);
    return since.map(time -> UnexplainedWait.of(job, time));
  }

  /** Returns the result of the newest pod, if it has ended with one. */
  Optional<JobResult> newestResult() {
    return newestPod().flatMap(WorkerPodState::end).flatMap(WorkerEnd::result);
  }

  /** Returns the result of the newest pod that has one. */
  Optional<JobResult> result() {
    return newestFirst()
        .flatMap(pod -> pod.end().stream())
        .flatMap(end -> end.result().stream())
        .findFirst();
  }

  /** Returns the message of the newest pod that has ended, or of a failed job without a pod. */
  Optional<String> lastMessage() {
    return newestFirst()
        .flatMap(pod -> pod.end().stream())
        .findFirst()
        .map(WorkerEnd::message)
        .orElseGet(() -> condition("Failed").map(JobCondition::getMessage));
  }

  /**
   * Returns the number of failed attempts of this job and of those that it replaces. A job that
   * failed without a failed pod counts as one failure, so that the number of replacements is
   * bounded.
   */
  public int attempts() {
    int own = failedPods();
    return attemptsBefore() + (isFailed() ? Math.max(1, own) : own);
  }

  /**
   * Counts failed pods. A failure moves from the list of uncounted pods to the counter in one
   * update.
   */
  private int failedPods() {
    UncountedTerminatedPods uncounted = status().getUncountedTerminatedPods();
    return Objects.requireNonNullElse(status().getFailed(), 0)
        + (uncounted == null ? 0 : uncounted.getFailed().size());
  }

  private int attemptsBefore() {
    return Integer.parseInt(Objects.requireNonNullElse(annotation(Labels.ATTEMPTS), "0"));
  }

  private @Nullable String annotation(String name) {
    Map<String, String> annotations = job.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(name);
  }

  private boolean isSuspended() {
    return Boolean.TRUE.equals(job.getSpec().getSuspend());
  }

  /** Returns the start time in RFC 3339; null while the job waits for quota. */
  @Nullable String startTime() {
    return status().getStartTime();
  }

  /**
   * Returns the completion time in RFC 3339; null if the job is not complete and its newest pod has
   * not ended.
   */
  @Nullable String completionTime() {
    return success()
        .or(() -> newestPod().flatMap(WorkerPodState::end))
        .map(end -> end.state().getFinishedAt())
        .orElse(status().getCompletionTime());
  }

  private Optional<WorkerEnd> success() {
    return newestFirst()
        .flatMap(pod -> pod.end().stream())
        .filter(WorkerEnd::isSuccess)
        .findFirst();
  }

  private Activity activity() {
    return isSuspended()
        ? Activity.QUEUED
        : newestPod().map(WorkerPodState::activity).orElse(Activity.STARTING);
  }

  /**
   * Returns the reason of the newest pod's failure; transient, and so retried, if it is not known.
   */
  private ErrorReason reason() {
    return newestPod()
        .flatMap(WorkerPodState::end)
        .map(WorkerEnd::reason)
        .orElse(ErrorReason.TRANSIENT_FAILURE);
  }

  private String failure() {
    return lastMessage().orElse("the job failed");
  }

  private Optional<JobCondition> condition(String type) {
    return status().getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .filter(condition -> "True".equals(condition.getStatus()))
        .findFirst();
  }

  private JobStatus status() {
    return Objects.requireNonNullElseGet(job.getStatus(), JobStatus::new);
  }
}
