package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A run without resources requests one GPU. A node that only advertises one stands in, so that the
 * trainer, whose libtorch is built without CUDA, must refuse it.
 */
class GpuE2E {

  private static final String NAMESPACE = "gpu";
  private static final String GPU = "nvidia.com/gpu";

  private final Cluster cluster = new Cluster();
  private final String node =
      cluster.client().nodes().list().getItems().getFirst().getMetadata().getName();
  private boolean claimed;

  @AfterEach
  void close() {
    if (claimed) {
      claim("null");
    }
    cluster.close();
  }

  @Test
  void aRunWaitsForAGpuUntilANodeHasOneAndNeverTrainsOnTheCpuInstead() {
    // Given
    assumeTrue(
        cluster.client().nodes().list().getItems().stream().noneMatch(GpuE2E::hasGpu),
        "SKIPPED GpuE2E: the cluster has GPUs, so that no run waits for one");
    cluster.namespace(NAMESPACE);

    // When
    Run run = TinyRun.apply(cluster, NAMESPACE, "waits", "trainer: {resources: null}");

    // Then
    run.awaitThat(
        "Unschedulable", now -> "Unschedulable".equals(now.condition("Progressing", "reason")));
    assertThat(run.phase()).isEqualTo("Pending");
    assertThat(run.condition("Progressing", "message")).contains("Insufficient " + GPU);

    // When
    claim("\"1\"");

    // Then
    run.awaitPhase("Held");
    assertThat(run.condition("Progressing", "message"))
        .contains("device cuda", "is built without CUDA");
    assertThat(
            run.pods().stream()
                .filter(
                    pod -> "train".equals(pod.getMetadata().getLabels().get("sparkling.dev/work"))))
        .singleElement()
        .satisfies(
            pod -> {
              assertThat(pod.getSpec().getNodeName()).isEqualTo(node);
              assertThat(
                      pod.getSpec().getContainers().getFirst().getResources().getLimits().get(GPU))
                  .isEqualTo(Quantity.parse("1"));
            });
    run.delete();
  }

  private static boolean hasGpu(Node node) {
    return node.getStatus().getAllocatable().containsKey(GPU);
  }

  private void claim(String count) {
    claimed = true;
    cluster.kubectl(
        "patch",
        "node",
        node,
        "--subresource=status",
        "--type=merge",
        "-p",
        "{\"status\": {\"capacity\": {\"%1$s\": %2$s}, \"allocatable\": {\"%1$s\": %2$s}}}"
            .formatted(GPU, count));
  }
}
