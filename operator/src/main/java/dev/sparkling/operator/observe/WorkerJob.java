package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.pipeline.stage.Worker.Activity;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A job and its pods.
 *
 * @param pods newest last
 * @param warnings events, where somebody asked for them
 */
public record WorkerJob(Job job, List<Pod> pods, List<Event> warnings) {

  private static final Pattern EXIT_CODE = Pattern.compile("failed with exit code ([0-9]{1,3})\\b");

  private static final int RANDOM_LETTERS = 5;

  /** What the job controller does first, it does at once. */
  private static final Duration AT_ONCE = Duration.ofSeconds(2);

  public WorkerJob {
    pods = List.copyOf(pods);
    warnings = List.copyOf(warnings);
  }

  /**
   * Whether a pod ended with exit code 0, which a worker returns for done work only. The job says
   * so up to two seconds after its pod, which may be deleted later.
   */
  public boolean isComplete() {
    return condition("Complete").isPresent()
        || condition("SuccessCriteriaMet").isPresent()
        || succeeded().isPresent();
  }

  /** Whether somebody deletes it; its pod may still be at work. */
  public boolean isGoing() {
    return job.getMetadata().getDeletionTimestamp() != null;
  }

  /** Whether it may still have a pod at work. */
  public boolean isActive() {
    return isGoing() || (!isComplete() && condition("Failed").isEmpty());
  }

  /** What the stage machine sees in it. */
  public Worker worker() {
    if (isComplete() && !isGoing()) {
      return new Worker.None();
    }
    Optional<JobCondition> failed = condition("Failed").filter(_ -> !isGoing() && hasLastWord());
    if (failed.isPresent()) {
      return new Worker.Failed(
          errorClass(failed.get()), failure(failed.get()), Worker.Failed.FOR_GOOD);
    }
    return new Worker.Active(activity());
  }

  /** The cache may show a job's end before its pod's, which holds the reason. */
  private boolean hasLastWord() {
    return pod().map(pod -> pod.ended().isPresent()).orElse(true);
  }

  /** The newest pod. */
  public Optional<WorkerPodState> pod() {
    return pods.isEmpty() ? Optional.empty() : Optional.of(new WorkerPodState(pods.getLast()));
  }

  /** Why the newest pod does not come up, or does not come at all. */
  public Optional<WorkerPodState.Waiting> blocked() {
    if (isGoing() || isHeld()) {
      return Optional.empty();
    }
    return pod()
        .flatMap(WorkerPodState::blocked)
        .or(() -> silentWait().flatMap(wait -> wait.explain(warnings)));
  }

  /** Whether it waits and only events can tell for what. */
  Optional<SilentWait> silentWait() {
    if (isGoing() || !(worker() instanceof Worker.Active(Activity activity))) {
      return Optional.empty();
    }
    return switch (activity) {
      case STARTING -> pod().flatMap(WorkerPodState::silentWait).or(this::waitForPod);
      case QUEUED, BLOCKED, WORKING -> Optional.empty();
    };
  }

  /** For the first pod, or for the one after one that has ended. */
  private Optional<SilentWait> waitForPod() {
    String begin =
        Objects.requireNonNullElse(startTime(), job.getMetadata().getCreationTimestamp());
    Optional<Instant> since =
        pods.isEmpty() ? Optional.of(Instant.parse(begin)) : pod().flatMap(WorkerPodState::ended);
    return since.map(time -> SilentWait.of(job, time));
  }

  /** How the newest pod ended, if it did and said so. */
  Optional<JobResult> lastWord() {
    return pod().flatMap(WorkerPodState::terminated).flatMap(WorkerJob::decode);
  }

  /** How the newest pod that said so ended. */
  public Optional<JobResult> result() {
    for (Pod pod : pods.reversed()) {
      Optional<JobResult> result = new WorkerPodState(pod).terminated().flatMap(WorkerJob::decode);
      if (result.isPresent()) {
        return result;
      }
    }
    return Optional.empty();
  }

  /**
   * What the newest pod that ended said, or what is known of its end where it could say nothing.
   */
  public Optional<String> saidLast() {
    return pods.reversed().stream()
        .flatMap(pod -> new WorkerPodState(pod).terminated().stream())
        .findFirst()
        .flatMap(
            end ->
                decode(end)
                    .map(JobResult::message)
                    .or(
                        () ->
                            end.getExitCode() == 0
                                ? Optional.empty()
                                : Optional.of(describe(end))));
  }

  /** Failures that were charged; disruptions are not among them. */
  public int failures() {
    return Objects.requireNonNullElse(status().getFailed(), 0);
  }

  /**
   * Whether a pod has come because the one before was lost to something else than its own failure:
   * a failed pod stays, and a disrupted one is deleted or says so.
   *
   * @param lost name of the pod before
   */
  boolean isDisrupted(String lost, WorkerPodState replacement) {
    return stem(lost).equals(stem(replacement.name()))
        && !lost.equals(replacement.name())
        && isReplacement(replacement)
        && pods.stream()
            .map(WorkerPodState::new)
            .filter(pod -> pod.name().equals(lost))
            .allMatch(WorkerPodState::wasDisrupted);
  }

  /** Of the name that pods get from their job, and five random letters. */
  private static String stem(String pod) {
    return pod.substring(0, Math.max(0, pod.length() - RANDOM_LETTERS));
  }

  /** Not the first since the job began, which comes at once. */
  private boolean isReplacement(WorkerPodState pod) {
    String begin = startTime();
    return begin != null && pod.created().isAfter(Instant.parse(begin).plus(AT_ONCE));
  }

  /**
   * Whether its quota was taken back: it is suspended, and had begun. That its specification says
   * so is seen before the job controller's word on it, and only the first sight is counted.
   */
  boolean isHeldAgain() {
    return isHeld() && !isGoing() && hasBegun();
  }

  /** A job that is queued first is suspended from the start, and stays so. */
  private boolean hasBegun() {
    return startTime() != null
        || condition("Suspended", "False").isPresent()
        || condition("Suspended", "True")
            .map(JobCondition::getLastTransitionTime)
            .filter(since -> Instant.parse(since).isAfter(created().plus(AT_ONCE)))
            .isPresent();
  }

  private boolean isHeld() {
    return Boolean.TRUE.equals(job.getSpec().getSuspend());
  }

  private Instant created() {
    return Instant.parse(job.getMetadata().getCreationTimestamp());
  }

  /** RFC 3339; null while it waits for a quota. */
  public @Nullable String startTime() {
    return status().getStartTime();
  }

  /** RFC 3339; null until it is complete. */
  public @Nullable String completionTime() {
    return succeeded()
        .map(ContainerStateTerminated::getFinishedAt)
        .orElse(status().getCompletionTime());
  }

  private Optional<ContainerStateTerminated> succeeded() {
    return pods.stream()
        .flatMap(pod -> new WorkerPodState(pod).terminated().stream())
        .filter(end -> end.getExitCode() == 0)
        .findFirst();
  }

  private Activity activity() {
    if (isHeld()) {
      return Activity.QUEUED;
    }
    return pod().map(WorkerPodState::activity).orElse(Activity.STARTING);
  }

  /** From the exit code of the last pod; without one the surroundings are to blame. */
  private ErrorClass errorClass(JobCondition failed) {
    int exitCode =
        pod()
            .flatMap(WorkerPodState::terminated)
            .map(ContainerStateTerminated::getExitCode)
            .or(() -> exitCodeIn(failed))
            .orElse(ErrorClass.TRANSIENT.exitCode());
    for (ErrorClass candidate : ErrorClass.values()) {
      if (candidate.exitCode() == exitCode) {
        return candidate;
      }
    }
    return ErrorClass.TRANSIENT;
  }

  /** Of a pod that is gone: the job controller's sentence of a rule that has failed the job. */
  private static Optional<Integer> exitCodeIn(JobCondition failed) {
    return Optional.ofNullable(failed.getMessage())
        .map(EXIT_CODE::matcher)
        .filter(Matcher::find)
        .map(found -> Integer.valueOf(found.group(1)));
  }

  private String failure(JobCondition failed) {
    Optional<ContainerStateTerminated> end = pod().flatMap(WorkerPodState::terminated);
    Optional<String> said =
        end.flatMap(WorkerJob::decode)
            .map(JobResult::message)
            .or(() -> end.map(WorkerJob::describe));
    return said.orElseGet(() -> Objects.requireNonNullElse(failed.getMessage(), "the job failed"));
  }

  private static String describe(ContainerStateTerminated end) {
    String reason = Objects.requireNonNullElse(end.getReason(), "Error");
    String advice =
        "OOMKilled".equals(reason)
            ? "; raise resources.limits.memory or, of a trainer, lower spec.training.microBatchSize"
            : "";
    String log = end.getMessage() == null ? "" : ": " + end.getMessage().strip();
    return reason + ", exit code " + end.getExitCode() + advice + log;
  }

  private static Optional<JobResult> decode(ContainerStateTerminated end) {
    // Or a log's last lines, which Kubernetes puts there when a worker could not write its result.
    return Optional.ofNullable(end.getMessage()).flatMap(JobJson::decodeResult);
  }

  private Optional<JobCondition> condition(String type) {
    return condition(type, "True");
  }

  private Optional<JobCondition> condition(String type, String value) {
    return status().getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .filter(condition -> value.equals(condition.getStatus()))
        .findFirst();
  }

  private JobStatus status() {
    return Objects.requireNonNullElseGet(job.getStatus(), JobStatus::new);
  }
}
