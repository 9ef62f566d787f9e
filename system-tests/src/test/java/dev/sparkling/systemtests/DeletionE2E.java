package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deletions of runs: what is deleted with them, and what delays them. */
class DeletionE2E {

  private static final String NAMESPACE = "deletion";

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
  @CsvSource({"Training,narrow", "Expanding,wide", "Training,wide", "Succeeded,wide"})
  void aRunThatIsDeletedWithDeleteTakesItsObjectsWithIt(String phase, String stage) {
    Run run =
        TinyRun.apply(
            cluster, NAMESPACE, Run.named("drop", phase, stage), "deletionPolicy: Delete");
    run.awaitStage(phase, stage);
    isDeletedWithItsObjects(run);
  }

  @Test
  void aSuspendedRunThatIsDeletedWithDeleteTakesItsObjectsWithIt() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "drop-suspended", "deletionPolicy: Delete");
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    run.patch("{\"spec\": {\"suspend\": true}}");
    run.awaitPhase("Suspended");
    isDeletedWithItsObjects(run);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Pending", "Held"})
  void aRunThatHasStoredNothingIsDeletedWithDeleteAllTheSame(String phase) {
    String patch =
        switch (phase) {
          case "Pending" -> TinyRun.ON_NO_NODE;
          default -> "data: {uri: s3://datasets/nothing-there}";
        };
    String name = "drop-" + phase.toLowerCase(Locale.ROOT);
    Run run = TinyRun.apply(cluster, NAMESPACE, name, "deletionPolicy: Delete", patch);
    run.awaitPhase(phase);
    isDeletedWithItsObjects(run);
  }

  @Test
  void aRunThatIsDeletedWithRetainIsResumedByTheNextInEachPhase() {
    for (String at :
        List.of("Training narrow", "Expanding wide", "Training wide", "Succeeded wide")) {
      Run run = TinyRun.apply(cluster, NAMESPACE, "keep");
      String[] words = at.split(" ");
      run.awaitStage(words[0], words[1]);
      run.delete();
      run.awaitGone();
      run.awaitThat("no active pods", now -> now.activePods().isEmpty());
    }
    Run again = TinyRun.apply(cluster, NAMESPACE, "keep");
    assertThat(TinyRun.objects(cluster, again))
        .anyMatch(
            key -> key.matches(".*wide/checkpoints/step-00000240-e\\d+-[0-9a-f]{8}/manifest.json"));
    again.awaitPhase("Succeeded");
    assertThat(again.stage(1).get("step")).isEqualTo(TinyRun.STEPS);
    again.delete();
  }

  @Test
  void aDeletionThatCannotStartSaysWhyAndRetainLetsTheRunGo() {
    // Given
    cluster.secret(NAMESPACE, "short-lived");
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "drop-without-key",
            "deletionPolicy: Delete",
            "storage: {credentialsSecret: short-lived}");
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    cluster.kubectl("-n", NAMESPACE, "delete", "secret", "short-lived");

    // When
    run.delete();

    // Then
    run.awaitThat(
        "held up", now -> "DeletionHeldUp".equals(now.condition("Progressing", "reason")));
    assertThat(run.condition("Progressing", "message"))
        .contains("secret \"short-lived\" not found", "spec.deletionPolicy to Retain");

    // When
    run.patch("{\"spec\": {\"deletionPolicy\": \"Retain\"}}");

    // Then
    run.awaitGone();
    assertThat(TinyRun.objects(cluster, run)).isNotEmpty();
  }

  @Test
  void aDeletionThatAQuotaRefusesSaysWhyAndIsRetried() {
    // Given
    String namespace = cluster.namespace("deletion-quota");
    Run run = TinyRun.apply(cluster, namespace, "drop-refused", "deletionPolicy: Delete");
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    cluster.kubectl("-n", namespace, "create", "quota", "no-jobs", "--hard=count/jobs.batch=0");
    await("quota is in force")
        .atMost(Run.PATIENCE)
        .until(
            () ->
                cluster
                    .kubectl("-n", namespace, "get", "quota", "no-jobs", "-o", "jsonpath={.status}")
                    .contains("hard"));

    // When
    run.delete();

    // Then
    run.awaitThat(
        "refused", now -> "DeletionFailed".equals(now.condition("Progressing", "reason")));
    assertThat(run.condition("Progressing", "message")).contains("exceeded quota: no-jobs");

    // When
    cluster.kubectl("-n", namespace, "delete", "quota", "no-jobs");

    // Then
    run.awaitGone();
    assertThat(TinyRun.objects(cluster, run)).isEmpty();
  }

  @Test
  void aRunThatIsCreatedAgainAtOnceHasJobsOfItsOwn() {
    // Given
    Run former = TinyRun.apply(cluster, NAMESPACE, "again");
    former.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    String pod = String.valueOf(former.stage(0).get("pod"));

    // When
    former.delete();
    former.awaitGone();
    Run next = TinyRun.apply(cluster, NAMESPACE, "again");

    // Then
    next.awaitStage("Training", "narrow");
    assertThat(next.stage(0).get("pod")).isNotEqualTo(pod);
    next.awaitPhase("Succeeded");
    assertThat(next.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    next.delete();
  }

  @Test
  void aNamespaceIsDeletedWithTheRunsInIt() {
    String namespace = cluster.namespace("deletion-of-all");
    Run run = TinyRun.apply(cluster, namespace, "in-namespace", "deletionPolicy: Delete");
    run.awaitStage("Training", "narrow");
    cluster.kubectl("delete", "namespace", namespace, "--wait=false");
    await("namespace is gone")
        .atMost(Run.PATIENCE)
        .until(() -> cluster.client().namespaces().withName(namespace).get() == null);
  }

  private void isDeletedWithItsObjects(Run run) {
    run.delete();
    run.awaitGone();
    assertThat(TinyRun.objects(cluster, run)).isEmpty();
  }
}
