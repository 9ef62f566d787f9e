package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs whose operator or pods are lost. */
class DisruptionE2E {

  private static final String NAMESPACE = "disruption";
  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.scaleOperator(1);
    cluster.close();
  }

  @Test
  void anOperatorThatIsKilledAtEachTransitionResumesItsRun() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "kill");
    for (String at :
        List.of("Pending narrow", "Training narrow", "Expanding wide", "Training wide")) {
      run.awaitStage(at.split(" ")[0], at.split(" ")[1]);
      cluster.killOperator();
    }
    run.awaitPhase("Succeeded");
    isUncharged(run);
    run.delete();
  }

  @Test
  void anOperatorThatWasAwayWhenAStageEndedContinuesWithTheNext() {
    // Given
    Run run = TinyRun.apply(cluster, NAMESPACE, "away", TinyRun.LONG_FIRST_STAGE);
    run.awaitStage("Training", "narrow");

    // When
    cluster.scaleOperator(0);
    await("the narrow trainer ends")
        .atMost(Run.PATIENCE)
        .until(
            () ->
                run.pods().stream()
                    .allMatch(pod -> "Succeeded".equals(pod.getStatus().getPhase())));
    assertThat(run.text("status", "currentStage")).isEqualTo("narrow");
    cluster.scaleOperator(1);

    // Then
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0).get("finishedAt")).isNotNull();
    isUncharged(run);
    run.delete();
  }

  @Test
  void aTrainerThatIsEvictedIsReplacedAndNotCharged() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "evicted", TinyRun.ONE_LONG_STAGE);
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    String pod = String.valueOf(run.stage(0).get("pod"));
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", pod, "--wait=false");
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 1);
    run.delete();
  }

  private static void isUncharged(Run run) {
    assertThat(run.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    assertThat(run.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    assertThat(run.pods()).hasSize(3);
  }
}
