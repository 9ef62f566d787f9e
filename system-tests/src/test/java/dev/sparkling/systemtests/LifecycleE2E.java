package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that are paused, deleted, edited and lose their pods and their operator. */
class LifecycleE2E {

  private static final String NAMESPACE = "lifecycle";

  private Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({"Training,narrow", "Expanding,wide", "Training,wide"})
  void aRunThatIsSuspendedGoesOnWhereItWas(String phase, String stage) {
    Run run = TinyRun.apply(cluster, NAMESPACE, named("pause", phase, stage));
    awaitPhase(run, phase, stage);
    run.patch("{\"spec\": {\"suspend\": true}}");
    run.awaitPhase("Suspended");
    run.awaitThat("no pods", now -> activePods(now).isEmpty());
    run.patch("{\"spec\": {\"suspend\": false}}");
    run.awaitPhase("Succeeded");
    assertThat(run.stage(1).get("step")).isEqualTo(TinyRun.STEPS);
    run.delete();
  }

  @ParameterizedTest
  @CsvSource({"Training,narrow", "Expanding,wide", "Succeeded,wide"})
  void aRunThatIsDeletedWithDeleteTakesItsObjectsWithIt(String phase, String stage) {
    Run run =
        TinyRun.apply(cluster, NAMESPACE, named("drop", phase, stage), "deletionPolicy: Delete");
    awaitPhase(run, phase, stage);
    run.delete();
    run.awaitThat("gone", now -> now.find().isEmpty());
    assertThat(TinyRun.objects(cluster, run)).isEmpty();
  }

  @Test
  void aRunThatIsDeletedWithRetainLeavesItsObjectsAndTheNextOneFindsThem() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "keep");
    awaitPhase(run, "Training", "wide");
    run.delete();
    run.awaitThat("gone", now -> now.find().isEmpty());
    assertThat(TinyRun.objects(cluster, run)).isNotEmpty();
    await().atMost(Run.PATIENCE).until(() -> activePods(run).isEmpty());
    TinyRun.apply(cluster, NAMESPACE, "keep").awaitPhase("Succeeded");
    run.delete();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Training narrow", "Expanding wide", "Training wide"})
  void anOperatorThatIsKilledGoesOnWithTheRunsThatItHad(String at) {
    String[] words = at.split(" ");
    Run run = TinyRun.apply(cluster, NAMESPACE, named("kill", words[0], words[1]));
    awaitPhase(run, words[0], words[1]);
    cluster.kubectl(
        "-n",
        Cluster.RELEASE_NAMESPACE,
        "delete",
        "pod",
        "-l",
        "app.kubernetes.io/component=operator",
        "--grace-period=0",
        "--force",
        "--wait=false");
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0).get("attempts")).isEqualTo(0);
    assertThat(run.stage(1).get("attempts")).isEqualTo(0);
    run.delete();
  }

  @Test
  void aTrainerThatIsEvictedIsReplacedAndNotCharged() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "evicted");
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    String pod = String.valueOf(run.stage(0).get("pod"));
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", pod, "--wait=false");
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0).get("attempts")).isEqualTo(0);
    assertThat(run.stage(0).get("disruptions")).isEqualTo(1);
    run.delete();
  }

  @Test
  void aStageThatHasBegunCannotBeEdited() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "edited");
    awaitPhase(run, "Training", "narrow");
    Shell.Ended ended =
        cluster
            .shell()
            .attempt(
                "",
                Cluster.setting("KUBECTL"),
                "-n",
                NAMESPACE,
                "patch",
                "pt",
                run.name(),
                "--type=json",
                "-p",
                "[{\"op\": \"replace\", \"path\": \"/spec/stages/0/tokens\", \"value\": 1}]");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output())
        .contains("spec.stages: a stage that has begun cannot be edited or removed");
    run.delete();
  }

  private static String named(String what, String phase, String stage) {
    return String.join("-", what, phase, stage).toLowerCase(Locale.ROOT);
  }

  private static void awaitPhase(Run run, String phase, String stage) {
    run.awaitThat(
        phase + " " + stage,
        now -> now.phase().equals(phase) && now.text("status", "currentStage").equals(stage));
  }

  private static List<Pod> activePods(Run run) {
    return run.pods().stream()
        .filter(pod -> !List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()))
        .toList();
  }
}
