package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Only the operator that holds the lease is active. */
class LeadershipE2E {

  private static final String LEASE = "sparkling-operator";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Cluster cluster = new Cluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aReplacedOperatorGivesItsLeaseBackInsteadOfLettingItRunOut() {
    // Given
    Pod old = cluster.operator();
    awaitHolder(old);

    // When
    cluster.client().resource(old).delete();
    await()
        .atMost(PATIENCE)
        .until(() -> cluster.client().resource(old).get() == null || holder().isEmpty());
    String afterwards = holder();

    // Then
    assertThat(afterwards).isNotEqualTo(old.getMetadata().getName());
    await().atMost(PATIENCE).untilAsserted(() -> awaitHolder(cluster.operator()));
  }

  @Test
  void anOperatorThatLosesItsLeaseEndsAndIsStartedAgain() {
    // Given
    Pod operator = cluster.operator();
    awaitHolder(operator);
    int restarts = restarts(operator);

    // When
    cluster.kubectl(
        "-n",
        Cluster.RELEASE_NAMESPACE,
        "patch",
        "lease",
        LEASE,
        "--type=merge",
        "--patch={\"spec\": {\"holderIdentity\": \"somebody-else\"}}");

    // Then
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(restarts(cluster.client().resource(operator).get()))
                    .isEqualTo(restarts + 1));
    awaitHolder(operator);
  }

  private void awaitHolder(Pod operator) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(holder()).isEqualTo(operator.getMetadata().getName()));
  }

  private String holder() {
    String holder = lease().getSpec().getHolderIdentity();
    return holder == null ? "" : holder;
  }

  private Lease lease() {
    return cluster
        .client()
        .leases()
        .inNamespace(Cluster.RELEASE_NAMESPACE)
        .withName(LEASE)
        .require();
  }

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getRestartCount();
  }
}
