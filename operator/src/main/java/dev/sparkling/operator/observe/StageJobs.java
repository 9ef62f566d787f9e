package dev.sparkling.operator.observe;

import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.stage.Decision;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The jobs and pods of a run, by what they are for.
 *
 * @param jobs that the run owns
 * @param pods of these jobs
 * @param warnings events about one that waits in silence
 */
public record StageJobs(Collection<Job> jobs, Collection<Pod> pods, Collection<Event> warnings) {
  public StageJobs {
    jobs = List.copyOf(jobs);
    pods = List.copyOf(pods);
    warnings = List.copyOf(warnings);
  }

  public StageJobs(Collection<Job> jobs, Collection<Pod> pods) {
    this(jobs, pods, List.of());
  }

  /**
   * Those of one run. A former run of the same name, which is deleted, may have jobs for a while.
   *
   * @param run its uid
   */
  public static StageJobs of(String run, Collection<Job> jobs, Collection<Pod> pods) {
    return new StageJobs(jobs.stream().filter(job -> isOwnedBy(run, job)).toList(), pods);
  }

  private static boolean isOwnedBy(String uid, HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> owner.getUid().equals(uid));
  }

  /** The same, with what events tell. */
  public StageJobs with(Collection<Event> told) {
    return new StageJobs(jobs, pods, told);
  }

  /** What waits while nothing here says why: one worker at a time is at work. */
  public Optional<SilentWait> silentWait() {
    return jobs.stream().flatMap(job -> worker(job).silentWait().stream()).findFirst();
  }

  /**
   * The job of a work.
   *
   * @param stage empty for the work of a whole run
   */
  public Optional<WorkerJob> find(String stage, Work work) {
    return jobs.stream()
        .filter(job -> JsonNames.of(work).equals(label(job, Labels.WORK)))
        .filter(job -> stage.equals(label(job, Labels.STAGE)))
        .findFirst()
        .map(this::worker);
  }

  /** Where the trainer answers that a decision waits for. */
  public Optional<String> trainerAt(Decision decision) {
    return decision instanceof Decision.Await await && !await.expanding()
        ? find(await.stage().name(), Work.TRAIN)
            .flatMap(WorkerJob::pod)
            .flatMap(WorkerPodState::address)
        : Optional.empty();
  }

  /** A stage's jobs. */
  public Stream<WorkerJob> of(String stage) {
    return Stream.of(Work.TRAIN, Work.EXPAND).flatMap(work -> find(stage, work).stream());
  }

  /** The jobs of all stages. */
  public Stream<WorkerJob> ofStages() {
    return jobs.stream().filter(job -> !label(job, Labels.STAGE).isEmpty()).map(this::worker);
  }

  private WorkerJob worker(Job job) {
    return new WorkerJob(job, podsOf(job), List.copyOf(warnings));
  }

  /** Newest last. */
  private List<Pod> podsOf(Job job) {
    String uid = job.getMetadata().getUid();
    return pods.stream()
        .filter(pod -> isOwnedBy(uid, pod))
        .sorted(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
        .toList();
  }

  private static String label(Job job, String name) {
    return job.getMetadata().getLabels() == null
        ? ""
        : job.getMetadata().getLabels().getOrDefault(name, "");
  }
}
