package dev.sparkling.operator.status;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with one run, its object store, and what the operator has seen of them. Passes are
 * those of the operator; jobs, pods and workers are simulated. A worker takes the run's fence when
 * it starts, and commits its work in one compare-and-swap when it ends.
 *
 * @param fenced whether a commit is refused once another worker has taken the fence
 * @param status stored status of the run
 * @param commits work that was committed to the store, in order
 * @param epoch number of times that the fence was taken
 * @param seenJobs the jobs in the operator's cache; {@code seenPods} may be older or newer
 * @param created number of jobs and pods that were created
 */
record World(
    boolean fenced,
    Intent intent,
    @Nullable ProgressiveTrainingStatus status,
    List<String> commits,
    int epoch,
    List<SimJob> jobs,
    List<SimPod> pods,
    List<SimJob> seenJobs,
    List<SimPod> seenPods,
    int created) {

  private static final ProgressiveTrainingResource RUN = TestObjects.run();
  private static final ProgressiveTrainingSpec SUSPENDED = TestObjects.suspended(RUN.getSpec());

  /** What the user wants. */
  record Intent(boolean suspended, long generation, int retries) {}

  /** How a pod is: running, ended, or deleted with its process still running. */
  enum PodState {
    RUNNING,
    SUCCEEDED,
    FAILED,
    LOST
  }

  record SimJob(
      Action launch, int uid, boolean deleting, int failures, boolean complete, boolean failed) {
    boolean hasEnded() {
      return complete || failed;
    }

    String stage() {
      return switch (launch) {
        case Action.Launch made -> made.stage();
        case Action.LaunchCheck made -> made.stage();
        case Action.Stop _, Action.Abandon _ -> throw new IllegalStateException();
      };
    }

    Work work() {
      return launch instanceof Action.Launch made ? made.work() : Work.CHECK;
    }

    String key() {
      return stage() + "-" + JsonNames.of(work());
    }
  }

  /**
   * A pod.
   *
   * @param job uid of its job
   * @param epoch epoch of the fence that its process has taken
   * @param exitCode exit code, once it has ended
   */
  record SimPod(SimJob job, int uid, int epoch, PodState state, int exitCode, String reason) {
    boolean isRunning() {
      return state == PodState.RUNNING || state == PodState.LOST;
    }
  }

  static World start(boolean fenced) {
    return new World(
        fenced,
        new Intent(false, 1, 0),
        null,
        List.of(),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        0);
  }

  // The operator

  /** One pass with what the operator has seen. */
  World pass() {
    return pass(true);
  }

  /** A pass that fails after its actions, before it writes the status. */
  World failedPass() {
    return pass(false);
  }

  private World pass(boolean writes) {
    ProgressiveTrainingResource run = new ProgressiveTrainingResource();
    run.setMetadata(
        new ObjectMetaBuilder(RUN.getMetadata())
            .withGeneration(intent.generation())
            .withAnnotations(
                intent.retries() == 0
                    ? Map.of()
                    : Map.of(
                        ProgressiveTraining.RETRY_ANNOTATION, Integer.toString(intent.retries())))
            .build());
    run.setSpec(intent.suspended() ? SUSPENDED : RUN.getSpec());
    run.setStatus(status);
    if (run.hasEnded()) {
      return this;
    }
    RunJobs seen =
        new RunJobs(
            seenJobs.stream().map(WorldObjects::job).toList(),
            seenPods.stream().map(WorldObjects::pod).toList(),
            Instant.EPOCH);
    Assessment assessment =
        Assessment.of(run, seen, Optional.empty(), new StatusFactory(this::time));
    World after = this;
    for (Action action : assessment.actions()) {
      after = after.carryOut(action);
    }
    return writes ? after.with(assessment.status()) : after;
  }

  /** Returns a time after the begin of the present hold's check, and before the next hold. */
  private Instant time() {
    int holds =
        status == null
            ? 0
            : status.stages().stream().mapToInt(stage -> stage.counts().holds()).sum();
    return Instant.parse(TestObjects.END).plus(Duration.ofHours(holds));
  }

  private World carryOut(Action action) {
    if (action instanceof Action.Stop(var stopped)) {
      String uid = stopped.job().getMetadata().getUid();
      return replaceJobs(
          job ->
              Integer.toString(job.uid()).equals(uid)
                  ? new SimJob(
                      job.launch(), job.uid(), true, job.failures(), job.complete(), job.failed())
                  : job);
    }
    SimJob made = new SimJob(action, created + 1, false, 0, false, false);
    if (jobs.stream().anyMatch(job -> job.key().equals(made.key()))) {
      return this; // The name is taken, by a job of this run.
    }
    return withJobs(plus(jobs, made), created + 1);
  }

  World seeJobs() {
    return new World(fenced, intent, status, commits, epoch, jobs, pods, jobs, seenPods, created);
  }

  World seePods() {
    List<SimPod> visible = pods.stream().filter(pod -> pod.state() != PodState.LOST).toList();
    return new World(
        fenced, intent, status, commits, epoch, jobs, pods, seenJobs, visible, created);
  }

  // The user

  World toggleSuspend() {
    return with(new Intent(!intent.suspended(), intent.generation() + 1, intent.retries()));
  }

  World edit() {
    return with(new Intent(intent.suspended(), intent.generation() + 1, intent.retries()));
  }

  World retry() {
    return with(new Intent(intent.suspended(), intent.generation(), intent.retries() + 1));
  }

  /** Deletes a job at once; its pods keep running until they are removed. */
  World deleteJob(SimJob deleted) {
    return withJobs(jobs.stream().filter(job -> job.uid() != deleted.uid()).toList(), created);
  }

  // The job controller, the kubelet and the garbage collector

  /** Counts a job's ended pods, ends the job, or creates its next pod. */
  World control(SimJob job) {
    List<SimPod> own = pods.stream().filter(pod -> pod.job().uid() == job.uid()).toList();
    if (job.deleting()) {
      return new World(
          fenced,
          intent,
          status,
          commits,
          epoch,
          jobs.stream().filter(other -> other.uid() != job.uid()).toList(),
          pods.stream()
              .filter(pod -> pod.job().uid() != job.uid() || pod.state() == PodState.LOST)
              .toList(),
          seenJobs,
          seenPods,
          created);
    }
    boolean complete = own.stream().anyMatch(pod -> pod.state() == PodState.SUCCEEDED);
    int failures = (int) own.stream().filter(pod -> pod.state() == PodState.FAILED).count();
    boolean isFinal =
        own.stream()
            .anyMatch(
                pod ->
                    pod.state() == PodState.FAILED && (pod.exitCode() == 2 || pod.exitCode() == 3));
    int attempts = job.launch() instanceof Action.Launch made ? made.attempts() : 0;
    boolean failed = isFinal || attempts + failures > RUN.getSpec().retries();
    SimJob counted =
        new SimJob(job.launch(), job.uid(), false, failures, complete, failed && !complete);
    World after = replaceJobs(other -> other.uid() == job.uid() ? counted : other);
    boolean needsPod =
        !counted.hasEnded() && own.stream().noneMatch(pod -> pod.state() == PodState.RUNNING);
    return needsPod ? after.startPod(counted) : after;
  }

  /** Creates a pod, whose worker takes the fence, or ends at once if its work is done. */
  private World startPod(SimJob job) {
    boolean takesFence = job.work() != Work.CHECK;
    boolean done = commits.contains(job.key());
    int taken = takesFence ? epoch + 1 : epoch;
    SimPod pod =
        new SimPod(job, created + 1, taken, done ? PodState.SUCCEEDED : PodState.RUNNING, 0, "");
    return new World(
        fenced,
        intent,
        status,
        commits,
        taken,
        jobs,
        plus(pods, pod),
        seenJobs,
        seenPods,
        created + 1);
  }

  /** The worker commits its work and ends; a check has nothing to commit. */
  World succeed(SimPod pod) {
    if (pod.job().work() == Work.CHECK) {
      return end(pod, PodState.SUCCEEDED, 0, "");
    }
    boolean refused = fenced && pod.epoch() != epoch;
    World ended =
        refused ? end(pod, PodState.FAILED, 2, "RunTaken") : end(pod, PodState.SUCCEEDED, 0, "");
    return refused
        ? ended
        : new World(
            fenced,
            intent,
            status,
            plus(commits, pod.job().key()),
            epoch,
            ended.jobs(),
            ended.pods(),
            seenJobs,
            seenPods,
            created);
  }

  World fail(SimPod pod, int exitCode, String reason) {
    return end(pod, PodState.FAILED, exitCode, reason);
  }

  /** The pod is removed by force, but its process keeps running, as on an unreachable node. */
  World lose(SimPod pod) {
    return replacePod(pod, new SimPod(pod.job(), pod.uid(), pod.epoch(), PodState.LOST, 0, ""));
  }

  /** The pod of a deleted job is removed, and its process with it. */
  World remove(SimPod pod) {
    return replacePod(pod, null);
  }

  boolean hasJob(SimPod pod) {
    return jobs.stream().anyMatch(job -> job.uid() == pod.job().uid());
  }

  private World end(SimPod pod, PodState state, int exitCode, String reason) {
    // Nobody sees the end of a pod that was removed by force.
    return replacePod(
        pod,
        pod.state() == PodState.LOST
            ? null
            : new SimPod(pod.job(), pod.uid(), pod.epoch(), state, exitCode, reason));
  }

  private World replacePod(SimPod old, @Nullable SimPod next) {
    List<SimPod> replaced = new ArrayList<>();
    for (SimPod pod : pods) {
      if (pod.uid() != old.uid()) {
        replaced.add(pod);
      } else if (next != null) {
        replaced.add(next);
      }
    }
    return new World(
        fenced,
        intent,
        status,
        commits,
        epoch,
        jobs,
        List.copyOf(replaced),
        seenJobs,
        seenPods,
        created);
  }

  private World replaceJobs(UnaryOperator<SimJob> change) {
    return withJobs(jobs.stream().map(change).toList(), created);
  }

  private World withJobs(List<SimJob> newJobs, int newCreated) {
    return new World(
        fenced, intent, status, commits, epoch, newJobs, pods, seenJobs, seenPods, newCreated);
  }

  private World with(ProgressiveTrainingStatus newStatus) {
    return new World(
        fenced, intent, newStatus, commits, epoch, jobs, pods, seenJobs, seenPods, created);
  }

  private World with(Intent newIntent) {
    return new World(
        fenced, newIntent, status, commits, epoch, jobs, pods, seenJobs, seenPods, created);
  }

  private static <T> List<T> plus(List<T> list, T more) {
    List<T> longer = new ArrayList<>(list);
    longer.add(more);
    return List.copyOf(longer);
  }

  /** Work that was committed more than once. */
  Set<String> repeatedWork() {
    Set<String> repeated = new TreeSet<>();
    for (int i = 0; i < commits.size(); i++) {
      if (commits.subList(0, i).contains(commits.get(i))) {
        repeated.add(commits.get(i));
      }
    }
    return repeated;
  }
}
