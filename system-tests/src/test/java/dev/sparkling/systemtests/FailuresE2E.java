package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs that lack something, and what their users see. */
class FailuresE2E {

  private static final String NAMESPACE = "failures";
  private static final String WITHOUT_PODS = "failures-quota";

  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aConfigMapThatIsMissingIsNamedInTheStatusUntilItIsThere() {
    // Given
    cluster.client().configMaps().inNamespace(NAMESPACE).withName("late-authority").delete();

    // When
    Run run =
        TinyRun.apply(cluster, NAMESPACE, "no-mount", "storage: {caConfigMap: late-authority}");

    // Then
    run.awaitThat(
        "the kubelet's reason",
        now -> "FailedMount".equals(now.condition("Progressing", "reason")));
    assertThat(run.phase()).isEqualTo("Pending");
    assertThat(run.condition("Progressing", "message"))
        .contains("configmap \"late-authority\" not found")
        .doesNotContain("\n");
    assertThat(run.stage(0)).containsEntry("waitingReason", "FailedMount");
    staysAsItIs(run);

    // When
    cluster
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("late-authority")
                .withNamespace(NAMESPACE)
                .endMetadata()
                .addToData("ca.crt", Cluster.read(Path.of(Cluster.setting("MINIO_CA"))))
                .build())
        .serverSideApply();

    // Then
    run.awaitStage("Training", "narrow");
    assertThat(run.condition("Progressing", "reason")).isNotEqualTo("FailedMount");
    assertThat(run.stage(0)).doesNotContainKey("waitingReason");
    run.delete();
  }

  @Test
  void aQuotaThatRefusesThePodsIsNamedInTheStatusUntilItIsGone() {
    // Given
    cluster.namespace(WITHOUT_PODS);
    Resource<ResourceQuota> quota =
        cluster
            .client()
            .resource(
                new ResourceQuotaBuilder()
                    .withNewMetadata()
                    .withName("no-pods")
                    .withNamespace(WITHOUT_PODS)
                    .endMetadata()
                    .withNewSpec()
                    .addToHard("pods", Quantity.parse("0"))
                    .endSpec()
                    .build());
    quota.serverSideApply();
    quota.waitUntilCondition(
        there -> there.getStatus() != null && there.getStatus().getHard().containsKey("pods"),
        1,
        TimeUnit.MINUTES);

    // When
    Run run = TinyRun.apply(cluster, WITHOUT_PODS, "no-quota");

    // Then
    run.awaitThat(
        "the job's reason", now -> "FailedCreate".equals(now.condition("Progressing", "reason")));
    assertThat(run.phase()).isEqualTo("Pending");
    assertThat(run.condition("Progressing", "message"))
        .contains("pods \"no-quota-narrow-train\" is forbidden: exceeded quota: no-pods");
    assertThat(run.pods()).isEmpty();
    staysAsItIs(run);

    // When
    quota.delete();

    // Then
    run.awaitStage("Training", "narrow");
    assertThat(run.condition("Progressing", "reason")).isNotEqualTo("FailedCreate");
    run.delete();
  }

  /** Kubernetes retries meanwhile and counts up the event. */
  private static void staysAsItIs(Run run) {
    String version = run.text("metadata", "resourceVersion");
    await(run.name() + ": is not written again")
        .during(Duration.ofSeconds(15))
        .atMost(Duration.ofSeconds(20))
        .until(() -> run.text("metadata", "resourceVersion").equals(version));
  }
}
