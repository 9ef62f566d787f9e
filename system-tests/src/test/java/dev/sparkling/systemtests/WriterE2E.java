package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.List;
import java.util.Optional;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run never has two writers, whatever happens to its jobs, its pods and the operator. */
class WriterE2E {

  private static final String NAMESPACE = "writer";

  /** An upload is in progress nearly all the time. */
  private static final String CHECKPOINTS = "training: {checkpoints: {everySteps: 2, keepLast: 2}}";

  private static final String SECOND_OPERATOR = "second-operator";

  private static String undisturbedWeights;

  private final Cluster cluster = new Cluster();

  @BeforeAll
  static void trainUndisturbed() {
    try (Cluster cluster = new Cluster()) {
      cluster.namespace(NAMESPACE);
      Run undisturbed = TinyRun.apply(cluster, NAMESPACE, "undisturbed", CHECKPOINTS);
      undisturbed.awaitPhase("Succeeded");
      undisturbedWeights = new StoredRun(cluster, undisturbed).weights();
    }
  }

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.kubectl("-n", NAMESPACE, "delete", "pt", "--all", "--wait=false");
    // Whatever a failed test has left: stopped pods, and an operator without a lease.
    cluster.kubectl(
        "-n", NAMESPACE, "delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false");
    cluster.kubectl(
        "-n",
        Cluster.RELEASE_NAMESPACE,
        "delete",
        "deployment",
        SECOND_OPERATOR,
        "--ignore-not-found",
        "--cascade=foreground");
    cluster.close();
  }

  @Test
  void jobsAndResourcesThatAreDeletedGiveNoSecondWriterAndTheSameWeights() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "deleted", CHECKPOINTS);
    try (WriterWatch watch = new WriterWatch(cluster, run)) {
      for (int step : List.of(20, 50, 80)) {
        trainerAt(run, step);
        deleteTrainerJob(run);
      }
      run.awaitStage("Training", "wide");
      run.awaitThat("a checkpoint", now -> now.stage(1).get("checkpoint") != null);
      run.delete();
      run.awaitGone();
      TinyRun.apply(cluster, NAMESPACE, "deleted", CHECKPOINTS).awaitPhase("Succeeded");
      hadOneWriterAtATime(watch);
      assertThat(watch.epochs()).hasSizeGreaterThan(4);
    }
    hasTheUndisturbedWeights(run);
  }

  @Test
  void twoOperatorsAtOnceStartNoSecondWriter() {
    Deployment second = startSecondOperator();
    try {
      Run run = TinyRun.apply(cluster, NAMESPACE, "contended", CHECKPOINTS);
      try (WriterWatch watch = new WriterWatch(cluster, run)) {
        trainerAt(run, 40);
        deleteTrainerJob(run);
        run.awaitPhase("Succeeded");
        hadOneWriterAtATime(watch);
        assertThat(watch.epochs()).hasSize(4);
      }
      assertThat(run.stage(0)).containsEntry("attempts", 0);
      assertThat(run.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
      hasTheUndisturbedWeights(run);
    } finally {
      cluster.client().resource(second).delete();
    }
  }

  /**
   * A trainer is stopped while it writes a checkpoint and taken from its job, which starts another
   * one, and is woken once that one has committed.
   */
  @Test
  void aStoppedTrainerThatWakesAfterItsSuccessorHasCommittedWritesNothing() {
    assumeTrue(Cluster.isLab(), "SKIPPED: processes on nodes can be stopped in the lab only");
    Run run = TinyRun.apply(cluster, NAMESPACE, "stopped", CHECKPOINTS, TinyRun.SMALL_REQUESTS);
    StoredRun stored = new StoredRun(cluster, run);
    try (WriterWatch watch = new WriterWatch(cluster, run)) {
      Pod first = trainerAt(run, 10);
      stopWhileItWrites(stored, first);
      release(first);
      Pod second = trainerThatCommits(run, stored);
      stopWhileItWrites(stored, second);
      release(second);
      trainerThatCommits(run, stored);

      signal("CONT", first);
      wasLockedOut(first);
      run.awaitPhase("Succeeded");
      List<String> keys = stored.keys();
      hasTheUndisturbedWeights(run);

      signal("CONT", second);
      wasLockedOut(second);
      assertThat(stored.keys()).isEqualTo(keys);
      hadOneWriterAtATime(watch);
      assertThat(watch.epochs()).hasSize(5);
    }
    hasTheUndisturbedWeights(run);
  }

  @Test
  void aRunInTheStoreOfAnotherIsHeldUntilTheOtherIsReleased() {
    Run owner = TinyRun.apply(cluster, NAMESPACE, "owner", CHECKPOINTS);
    trainerAt(owner, 20);
    String store = owner.text("spec", "storage", "uri");
    Run other =
        TinyRun.apply(cluster, NAMESPACE, "other", CHECKPOINTS, "storage: {uri: '" + store + "'}");
    other.awaitPhase("Held");
    assertThat(other.condition("Progressing", "reason")).isEqualTo("RunTaken");
    assertThat(other.condition("Progressing", "message"))
        .contains("belongs to ProgressiveTraining writer/owner of cluster")
        .contains("sparkling release");

    owner.awaitPhase("Succeeded");
    assertThat(owner.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    assertThat(owner.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    hasTheUndisturbedWeights(owner);
    assertThat(other.phase()).isEqualTo("Held");

    cluster.sparkling("release", store);
    other.awaitPhase("Succeeded");
    hasTheUndisturbedWeights(owner);
  }

  /** Waits for a running trainer that has reached a step. */
  private Pod trainerAt(Run run, int step) {
    run.awaitThat(
        "a trainer at step " + step, now -> now.step() >= step && trainer(now).isPresent());
    return trainer(run).orElseThrow();
  }

  /** Waits for the next trainer to commit a checkpoint. */
  private Pod trainerThatCommits(Run run, StoredRun stored) {
    int epoch = stored.epoch();
    patiently("the next trainer commits")
        .until(() -> stored.epoch() > epoch && !stored.hasUncommittedCheckpoint());
    return trainer(run).orElseThrow();
  }

  private static Optional<Pod> trainer(Run run) {
    return run.activePods().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
        .findFirst();
  }

  private void deleteTrainerJob(Run run) {
    cluster.kubectl("-n", NAMESPACE, "delete", "job", run.name() + "-narrow-train", "--wait=false");
  }

  private void stopWhileItWrites(StoredRun stored, Pod pod) {
    patiently("the trainer is stopped while it writes")
        .until(
            () -> {
              signal("STOP", pod);
              if (stored.hasUncommittedCheckpoint()) {
                return true;
              }
              signal("CONT", pod);
              return false;
            });
  }

  /** Sends a signal to the processes of a pod, which the lab runs on this machine. */
  private void signal(String signal, Pod pod) {
    cluster.shell().run("hack/lab/lab", "signal", signal, pod.getMetadata().getUid());
  }

  /** Removes the labels by which the job and the operator find a pod. */
  private void release(Pod pod) {
    cluster
        .client()
        .resource(pod)
        .edit(
            found -> {
              found.getMetadata().setLabels(null);
              return found;
            });
  }

  private void wasLockedOut(Pod pod) {
    patiently("the trainer that woke up ends").until(() -> end(pod).isPresent());
    ContainerStateTerminated end = end(pod).orElseThrow();
    assertThat(end.getExitCode()).as(end.getMessage()).isEqualTo(2);
    assertThat(end.getMessage()).contains("another process has taken over the run");
    cluster.client().resource(pod).delete();
  }

  private Optional<ContainerStateTerminated> end(Pod pod) {
    return Optional.ofNullable(
        cluster
            .client()
            .resource(pod)
            .get()
            .getStatus()
            .getContainerStatuses()
            .getFirst()
            .getState()
            .getTerminated());
  }

  /** Starts another operator, which does not wait for the lease. */
  private Deployment startSecondOperator() {
    Deployment first = cluster.operatorDeployment();
    String component = "app.kubernetes.io/component";
    Deployment second =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName(SECOND_OPERATOR)
            .withNamespace(Cluster.RELEASE_NAMESPACE)
            .endMetadata()
            .withSpec(first.getSpec())
            .editSpec()
            .editSelector()
            .addToMatchLabels(component, SECOND_OPERATOR)
            .endSelector()
            .editTemplate()
            .editMetadata()
            .addToLabels(component, SECOND_OPERATOR)
            .endMetadata()
            .editSpec()
            .editFirstContainer()
            .editMatchingEnv(env -> env.getName().equals("SPARKLING_LEADER_ELECTION_ENABLED"))
            .withValue("false")
            .endEnv()
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    cluster.client().resource(second).serverSideApply();
    cluster.kubectl(
        "-n",
        Cluster.RELEASE_NAMESPACE,
        "rollout",
        "status",
        "--timeout=3m",
        "deployment/" + SECOND_OPERATOR);
    return second;
  }

  private static ConditionFactory patiently(String what) {
    return await(what).atMost(Run.PATIENCE);
  }

  private static void hadOneWriterAtATime(WriterWatch watch) {
    assertThat(watch.severalWorkers()).isEmpty();
    assertThat(watch.epochs()).isSorted();
  }

  private void hasTheUndisturbedWeights(Run run) {
    assertThat(new StoredRun(cluster, run).weights()).isEqualTo(undisturbedWeights);
  }
}
