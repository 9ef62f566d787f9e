package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator that watches some namespaces only. */
class ScopeE2E {

  private static final String SEEN = "scope-seen";
  private static final String UNSEEN = "scope-unseen";

  private final Cluster cluster = new Cluster();
  private boolean narrowed;

  @AfterEach
  void close() {
    try (cluster) {
      if (narrowed) {
        cluster.rollBack();
      }
    }
  }

  @Test
  void runsInOtherNamespacesWaitUntilTheOperatorWatchesThem() {
    // Given
    cluster.namespace(SEEN);
    cluster.namespace(UNSEEN);

    // When
    narrowed = true;
    cluster.upgrade("charts/sparkling", "--set", "watchNamespaces={" + SEEN + "}");
    Run unseen = TinyRun.apply(cluster, UNSEEN, "waits");
    Run seen = TinyRun.apply(cluster, SEEN, "trains");

    // Then
    seen.awaitPhase("Succeeded");
    assertThat(unseen.phase()).isEmpty();
    assertThat(canListJobs(SEEN)).isEqualTo("yes");
    assertThat(canListJobs(UNSEEN)).isEqualTo("no");

    // When
    cluster.rollBack();
    narrowed = false;

    // Then
    unseen.awaitStage("Training", "narrow");
    unseen.delete();
    seen.delete();
  }

  private String canListJobs(String namespace) {
    return cluster
        .shell()
        .attempt(
            "",
            Cluster.setting("KUBECTL"),
            "auth",
            "can-i",
            "list",
            "jobs",
            "-n",
            namespace,
            "--as=system:serviceaccount:" + Cluster.RELEASE_NAMESPACE + ":sparkling-operator")
        .output()
        .strip();
  }
}
