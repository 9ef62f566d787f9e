package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Upgrades of the chart while a run is in flight. */
class UpgradeE2E {

  private static final String NAMESPACE = "upgrade";

  /** The chart before the current one, packaged by Helm. */
  private static final String PREVIOUS =
      "system-tests/src/test/resources/UpgradeE2E/sparkling-0.1.0.tgz";

  private final Cluster cluster = new Cluster();
  private boolean changed;

  @AfterEach
  void close() {
    try (cluster) {
      if (changed) {
        restore();
      }
    }
  }

  private void restore() {
    cluster.upgrade(
        "charts/sparkling",
        "--set",
        "log.level=INFO",
        "--set",
        "rbac.readCustomResourceDefinition=true",
        "--set-json",
        "extraEnv=[]");
  }

  @Test
  void aRunContinuesWhileThePreviousChartIsUpgradedToThisOne() {
    // Given
    cluster.namespace(NAMESPACE);
    // Today's operator stands in for the previous one. It would not be ready with a definition that
    // lacks its fields, unless it may not read the definition, and the previous chart does not let
    // it read the identity of the cluster.
    changed = true;
    cluster.upgrade(
        PREVIOUS,
        "--set",
        "rbac.readCustomResourceDefinition=false",
        "--set",
        "extraEnv[0].name=SPARKLING_CLUSTER_ID",
        "--set",
        "extraEnv[0].value=" + clusterId());
    assertThat(chart()).isEqualTo("sparkling-0.1.0");
    Run run = TinyRun.apply(cluster, NAMESPACE, "continues");
    run.awaitStage("Training", "narrow");
    List<String> trainers = run.pods().stream().map(UpgradeE2E::uid).toList();
    String operator = uid(cluster.operator());

    // When
    cluster.upgrade(
        "charts/sparkling",
        "--set",
        "log.level=DEBUG",
        "--set",
        "rbac.readCustomResourceDefinition=true");

    // Then
    assertThat(chart()).isNotEqualTo("sparkling-0.1.0").startsWith("sparkling-");
    assertThat(uid(cluster.operator())).isNotEqualTo(operator);
    assertThat(run.pods()).extracting(UpgradeE2E::uid).containsAll(trainers);

    // When
    restore();
    changed = false;

    // Then
    run.awaitPhase("Succeeded");
    assertThat(run.pods()).as("one pod for each work").hasSize(3);
    assertThat(run.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    assertThat(run.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    run.delete();
  }

  private String clusterId() {
    return cluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
  }

  private String chart() {
    return cluster
        .kubectl(
            "-n",
            Cluster.RELEASE_NAMESPACE,
            "get",
            "deployment",
            "sparkling-operator",
            "-o",
            "jsonpath={.metadata.labels.helm\\.sh/chart}")
        .strip();
  }

  private static String uid(Pod pod) {
    return pod.getMetadata().getUid();
  }
}
