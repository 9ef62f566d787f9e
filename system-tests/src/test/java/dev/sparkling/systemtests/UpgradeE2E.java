package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Upgrades from the chart and the images that {@code hack/previous} has built. */
class UpgradeE2E {

  private static final String NAMESPACE = "upgrade";
  private static final String PREVIOUS_CHART = "SPARKLING_PREVIOUS_CHART";
  private static final String PREVIOUS_TAG = "previous";
  private static final String CURRENT_TAG = "0.1.0-SNAPSHOT";

  /** A patch with which the workers stay those of the previous version. */
  private static final String PREVIOUS_WORKERS =
      "{trainer: {image: 'sparkling-trainer:%1$s'}, expander: {image: 'sparkling-expander:%1$s'}}"
          .formatted(PREVIOUS_TAG);

  /** The first stage is still training when the upgrade is done, about a minute later. */
  private static final String STAGES =
      """
      stages:
        - {name: narrow, tokens: 716800}
        - {name: wide, tokens: 61440, expansion: {hiddenSize: 128, rewarmup: {steps: 20}}}
      """;

  private final Cluster cluster = new Cluster();
  private boolean upgraded = true;

  @BeforeEach
  void open() {
    assumeTrue(
        Cluster.has(PREVIOUS_CHART),
        "SKIPPED UpgradeE2E: the previous images are built for the lab only");
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    if (!upgraded) {
      upgrade();
    }
    cluster.kubectl("-n", NAMESPACE, "delete", "pt", "--all", "--wait=false");
    cluster.close();
  }

  @Test
  void runsContinueWhileThePreviousVersionIsUpgradedToThisOne() {
    // Given
    cluster.kubectl("delete", "pt", "--all", "--all-namespaces");
    installPrevious();
    Run run = TinyRun.apply(cluster, NAMESPACE, "continues", STAGES, TinyRun.SMALL_REQUESTS);
    Run pinned =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "pinned",
            STAGES,
            TinyRun.SMALL_REQUESTS,
            PREVIOUS_WORKERS,
            "deletionPolicy: Delete");
    List<String> trainers = new ArrayList<>();
    for (Run each : List.of(run, pinned)) {
      each.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
      assertThat(images(each)).containsExactly("sparkling-trainer:" + PREVIOUS_TAG);
      trainers.addAll(uids(each));
    }
    Pod operator = cluster.operator();
    assertThat(image(operator)).isEqualTo("sparkling-operator:" + PREVIOUS_TAG);

    // When
    upgrade();

    // Then
    assertThat(image(cluster.operator())).isEqualTo("sparkling-operator:" + CURRENT_TAG);
    assertThat(run.phase()).isEqualTo("Training");
    assertThat(pinned.phase()).isEqualTo("Training");
    for (Run each : List.of(run, pinned)) {
      each.awaitPhase("Succeeded");
      assertThat(each.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
      assertThat(each.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
      assertThat(each.pods()).as("one pod for each work").hasSize(3);
      assertThat(uids(each)).containsAnyElementsOf(trainers);
    }
    assertThat(images(run))
        .containsExactlyInAnyOrder(
            "sparkling-trainer:" + PREVIOUS_TAG,
            "sparkling-expander:" + CURRENT_TAG,
            "sparkling-trainer:" + CURRENT_TAG);
    assertThat(images(pinned)).allMatch(image -> image.endsWith(":" + PREVIOUS_TAG));

    assertThat(new StoredRun(cluster, run).weights())
        .as("as with workers of one version")
        .isEqualTo(new StoredRun(cluster, pinned).weights());

    // When
    pinned.delete();

    // Then
    pinned.awaitGone();
    assertThat(new StoredRun(cluster, pinned).keys()).isEmpty();
  }

  private void installPrevious() {
    upgraded = false;
    cluster.upgrade(
        Cluster.setting(PREVIOUS_CHART),
        "--set",
        "image.tag=" + PREVIOUS_TAG,
        "--set",
        "workers.trainer.image.tag=" + PREVIOUS_TAG,
        "--set",
        "workers.expander.image.tag=" + PREVIOUS_TAG);
  }

  private void upgrade() {
    cluster.upgrade(
        "charts/sparkling",
        "--set",
        "image.tag=" + CURRENT_TAG,
        "--set",
        "workers.trainer.image.tag=" + CURRENT_TAG,
        "--set",
        "workers.expander.image.tag=" + CURRENT_TAG);
    upgraded = true;
  }

  private static List<String> images(Run run) {
    return run.pods().stream().map(UpgradeE2E::image).toList();
  }

  private static String image(Pod pod) {
    return pod.getSpec().getContainers().getFirst().getImage();
  }

  private static List<String> uids(Run run) {
    return run.pods().stream().map(pod -> pod.getMetadata().getUid()).toList();
  }
}
