package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs in a Kueue queue with quota for one trainer. */
class KueueE2E {

  private static final String NAMESPACE = "kueue";
  private static final String QUEUES = "src/test/resources/KueueE2E/queues.yaml";

  private static final Cluster CLUSTER = new Cluster();

  @BeforeAll
  static void install() {
    if (Cluster.isLab()) {
      CLUSTER.lab("kueue");
    }
    assumeTrue(
        !CLUSTER
            .kubectl("get", "crd", "--ignore-not-found", "localqueues.kueue.x-k8s.io")
            .isEmpty(),
        "SKIPPED KueueE2E: the cluster has no Kueue");
    CLUSTER.namespace(NAMESPACE);
    CLUSTER.kubectl("apply", "-f", CLUSTER.root().resolve("system-tests").resolve(QUEUES));
  }

  @AfterAll
  static void remove() {
    if (Cluster.isLab()) {
      CLUSTER.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found");
      CLUSTER.kubectl(
          "delete",
          "--ignore-not-found",
          "-f",
          CLUSTER.root().resolve("system-tests").resolve(QUEUES));
      CLUSTER.lab("kueue", "remove");
    }
    CLUSTER.close();
  }

  @BeforeEach
  void empty() {
    CLUSTER.kubectl("-n", NAMESPACE, "delete", "pt", "--all");
  }

  @Test
  void aRunThatWaitsForQuotaIsQueuedAndStartsWhenAnotherIsSuspended() {
    // Given
    Run first = queued("first", "low", TinyRun.ONE_LONG_STAGE);
    first.awaitStage("Training", "narrow");

    // When
    Run second = queued("second", "low");

    // Then
    second.awaitPhase("Queued");
    assertThat(second.condition("Progressing", "reason")).isEqualTo("Queued");
    assertThat(second.condition("Progressing", "status")).isEqualTo("False");
    assertThat(second.pods()).isEmpty();
    assertThat(second.stage(0)).doesNotContainKey("startedAt");

    // When
    second.patch("{\"spec\": {\"suspend\": true}}");
    second.awaitPhase("Suspended");
    second.patch("{\"spec\": {\"suspend\": false}}");
    second.awaitPhase("Queued");
    first.patch("{\"spec\": {\"suspend\": true}}");

    // Then
    second.awaitStage("Training", "narrow");
    assertThat(first.phase()).isEqualTo("Suspended");
    assertThat(second.stage(0)).containsEntry("disruptions", 0);
  }

  @Test
  void aRunThatIsPreemptedIsQueuedAgainAndResumesFromItsCheckpointUncharged() {
    // Given
    Run low = queued("preempted", "low", TinyRun.ONE_LONG_STAGE);
    low.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);

    // When
    Run high = queued("urgent", "high", TinyRun.ONE_LONG_STAGE);

    // Then
    high.awaitStage("Training", "narrow");
    low.awaitThat(
        "one disruption", now -> Integer.valueOf(1).equals(now.stage(0).get("disruptions")));
    assertThat(low.phase()).isEqualTo("Queued");
    assertThat(low.stage(0)).containsEntry("attempts", 0);
    int step = low.step();

    // When
    high.delete();

    // Then
    low.awaitThat("a later step", now -> now.phase().equals("Training") && now.step() > step);
    low.awaitPhase("Succeeded");
    assertThat(low.stage(0))
        .containsEntry("attempts", 0)
        .containsEntry("disruptions", 1)
        .containsEntry("step", 360)
        .containsEntry("tokens", 368_640);
  }

  private static Run queued(String name, String priority, String... patches) {
    return TinyRun.apply(
        CLUSTER,
        NAMESPACE,
        name,
        Map.of("kueue.x-k8s.io/queue-name", "trainers", "kueue.x-k8s.io/priority-class", priority),
        patches);
  }
}
