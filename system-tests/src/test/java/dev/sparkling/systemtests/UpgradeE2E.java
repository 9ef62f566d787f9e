package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An upgrade of the chart replaces the operator and leaves the workers alone. */
class UpgradeE2E {

  private static final String NAMESPACE = "upgrade";

  private final Cluster cluster = new Cluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aRunGoesOnWhileTheChartIsUpgradedAndRolledBack() {
    // Given
    cluster.namespace(NAMESPACE);
    Run run = TinyRun.apply(cluster, NAMESPACE, "goes-on");
    run.awaitPhase("Training");
    String trainer = uid(run.pods().getFirst());
    String operator = uid(cluster.operator());

    // When
    helm("upgrade", "sparkling", "charts/sparkling", "--reuse-values", "--set", "log.level=DEBUG");

    // Then
    assertThat(uid(cluster.operator())).isNotEqualTo(operator);
    assertThat(run.pods()).extracting(UpgradeE2E::uid).contains(trainer);

    // When
    helm("rollback", "sparkling");

    // Then
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    assertThat(run.stage(1)).containsEntry("attempts", 0).containsEntry("disruptions", 0);
    run.delete();
  }

  private void helm(Object... arguments) {
    Object[] all = new Object[arguments.length + 4];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--namespace";
    all[arguments.length + 1] = Cluster.RELEASE_NAMESPACE;
    all[arguments.length + 2] = "--wait";
    all[arguments.length + 3] = "--timeout=5m";
    cluster.helm(all);
  }

  private static String uid(Pod pod) {
    return pod.getMetadata().getUid();
  }
}
