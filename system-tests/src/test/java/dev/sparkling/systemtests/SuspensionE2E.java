package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that are suspended, in each phase with a worker to stop. */
class SuspensionE2E {

  private static final String NAMESPACE = "suspension";

  private final Cluster cluster = new Cluster();

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
  void aRunThatIsSuspendedResumesWhereItWas(String phase, String stage) {
    // Given
    Run run = TinyRun.apply(cluster, NAMESPACE, Run.named("pause", phase, stage));
    run.awaitStage(phase, stage);

    // When
    run.patch("{\"spec\": {\"suspend\": true}}");
    run.awaitPhase("Suspended");
    run.awaitThat("no active pods", now -> now.activePods().isEmpty());
    run.patch("{\"spec\": {\"suspend\": false}}");

    // Then
    run.awaitPhase("Succeeded");
    assertThat(run.stage(1).get("step")).isEqualTo(TinyRun.STEPS);
    assertThat(run.stage(0)).containsEntry("attempts", 0);
    assertThat(run.stage(1)).containsEntry("attempts", 0);
    run.delete();
  }

  @Test
  void aRunThatWaitsForANodeIsSuspendedFixedAndResumed() {
    // Given
    Run run = TinyRun.apply(cluster, NAMESPACE, "pause-pending", TinyRun.ON_NO_NODE);
    run.awaitThat(
        "Unschedulable", now -> "Unschedulable".equals(now.condition("Progressing", "reason")));

    // When
    run.patch("{\"spec\": {\"suspend\": true}}");
    run.awaitPhase("Suspended");
    run.awaitThat("no pods", now -> now.pods().isEmpty());
    run.patch("{\"spec\": {\"suspend\": false, \"trainer\": {\"podPatch\": null}}}");

    // Then
    run.awaitStage("Training", "narrow");
    run.delete();
  }
}
