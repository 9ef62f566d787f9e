package dev.sparkling.operator.observe;

import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.stage.Decision;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The jobs and pods of a run.
 *
 * @param jobs the run's jobs
 * @param pods the pods of these jobs, and possibly other pods
 * @param events warning events about the worker whose wait is unexplained, if they were looked up
 * @param now time at which they were read
 */
public record RunJobs(
    Collection<Job> jobs, Collection<Pod> pods, Collection<Event> events, Instant now) {
  public RunJobs {
    jobs = List.copyOf(jobs);
    pods = List.copyOf(pods);
    events = List.copyOf(events);
  }

  public RunJobs(Collection<Job> jobs, Collection<Pod> pods, Instant now) {
    this(jobs, pods, List.of(), now);
  }

  /**
   * Selects the jobs of one run. Jobs of a deleted run with the same name may still exist.
   *
   * @param runUid uid of the run
   * @param now time at which they were read
   */
  public static RunJobs of(String runUid, Collection<Job> jobs, Collection<Pod> pods, Instant now) {
    return new RunJobs(jobs.stream().filter(job -> isOwnedBy(runUid, job)).toList(), pods, now);
  }

  private static boolean isOwnedBy(String uid, HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> owner.getUid().equals(uid));
  }

  /** Returns the same jobs and pods with other events. */
  public RunJobs with(Collection<Event> newEvents) {
    return new RunJobs(jobs, pods, newEvents, now);
  }

  /**
   * Returns the wait that only events can explain, if there is one. There is at most one, because a
   * run has at most one active worker.
   */
  public Optional<UnexplainedWait> unexplainedWait() {
    return jobs.stream().flatMap(job -> worker(job).unexplainedWait().stream()).findFirst();
  }

  /**
   * Finds a run's job by its kind of work.
   *
   * @param stage name of the stage; empty for the work of a whole run
   */
  public Optional<WorkerJob> find(String stage, Work work) {
    return jobs.stream()
        .filter(job -> JsonNames.of(work).equals(label(job, Labels.WORK)))
        .filter(job -> stage.equals(label(job, Labels.STAGE)))
        .findFirst()
        .map(this::worker);
  }

  /** Returns the pod of the trainer that a decision waits for; empty unless it is running. */
  public Optional<WorkerPodState> trainer(Decision decision) {
    return decision instanceof Decision.Await await && !await.expanding()
        ? find(await.stage().name(), Work.TRAIN)
            .flatMap(WorkerJob::newestPod)
            .filter(pod -> pod.address().isPresent())
        : Optional.empty();
  }

  /** Returns the jobs of a stage. */
  public Stream<WorkerJob> ofStage(String stage) {
    return Stream.of(Work.TRAIN, Work.EXPAND, Work.CHECK)
        .flatMap(work -> find(stage, work).stream());
  }

  /** Returns the worker jobs of a stage that are active, failed or terminating. */
  public Stream<WorkerJob> unfinished(String stage) {
    return Stream.of(Work.TRAIN, Work.EXPAND)
        .flatMap(work -> find(stage, work).stream())
        .filter(job -> job.isTerminating() || !job.isComplete());
  }

  /**
   * Returns a pod of a stage that may still be running although its job is gone, because the job or
   * the resource that owned it was deleted; a check is none. A pod that is newer than the cached
   * jobs looks the same.
   */
  Optional<WorkerPodState> orphan(String stage) {
    return orphans()
        .filter(pod -> stage.equals(label(pod.pod(), Labels.STAGE)))
        .filter(pod -> !JsonNames.of(Work.CHECK).equals(label(pod.pod(), Labels.WORK)))
        .findFirst();
  }

  /** Returns the pods of all stages that may still be running although their jobs are gone. */
  public Stream<WorkerPodState> orphans() {
    return pods.stream()
        .filter(pod -> !label(pod, Labels.STAGE).isEmpty())
        .filter(pod -> jobs.stream().noneMatch(job -> isOwnedBy(job.getMetadata().getUid(), pod)))
        .map(WorkerPodState::new)
        .filter(pod -> pod.ended().isEmpty() && !pod.isLost(now));
  }

  /** Returns the time until a pod that the kubelet cannot start counts as unable to start. */
  public Optional<Duration> untilStuck() {
    return ofStages()
        .flatMap(job -> job.newestPod().stream())
        .flatMap(pod -> pod.stuckAt().stream())
        .map(at -> Duration.between(now, at))
        .filter(Duration::isPositive)
        .min(Comparator.naturalOrder());
  }

  /** Returns the jobs whose pod is lost, which would never end. */
  public Stream<WorkerJob> lost() {
    return jobs.stream().map(this::worker).filter(this::isLost);
  }

  boolean isLost(WorkerJob job) {
    return job.newestPod().filter(pod -> pod.isLost(now)).isPresent();
  }

  /** Returns the jobs of all stages, without the one that deletes the run's data. */
  public Stream<WorkerJob> ofStages() {
    return jobs.stream().filter(job -> !label(job, Labels.STAGE).isEmpty()).map(this::worker);
  }

  private WorkerJob worker(Job job) {
    return new WorkerJob(job, podsOf(job), List.copyOf(events), now);
  }

  /** Returns the pods of a job, newest last. */
  private List<Pod> podsOf(Job job) {
    String uid = job.getMetadata().getUid();
    return pods.stream()
        .filter(pod -> isOwnedBy(uid, pod))
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
        .toList();
  }

  private static String label(HasMetadata object, String name) {
    return object.getMetadata().getLabels() == null
        ? ""
        : object.getMetadata().getLabels().getOrDefault(name, "");
  }
}
