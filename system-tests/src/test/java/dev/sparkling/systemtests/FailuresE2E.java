package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a user reads when something that the run needs is not there or wrong. */
class FailuresE2E {

  private static final String NAMESPACE = "failures";

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
  void anImageThatDoesNotExistIsNamedInTheStatus() {
    Run run =
        TinyRun.apply(
            cluster, NAMESPACE, "no-image", "trainer: {image: 'registry.invalid/trainer:none'}");
    run.awaitThat(
        "the pod's reason", now -> "ImagePullBackOff".equals(now.stage(0).get("waitingReason")));
    assertThat(run.phase()).isEqualTo("Pending");
    assertThat(run.condition("Progressing", "reason")).isEqualTo("ImagePullBackOff");
    assertThat(run.condition("Progressing", "message")).contains("registry.invalid/trainer:none");
    run.delete();
  }

  @Test
  void aSecretWithAWrongKeyFailsTheRunAtOnceAndIsNotTriedAgain() {
    cluster
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("wrong-credentials")
                .withNamespace(NAMESPACE)
                .endMetadata()
                .addToStringData("accessKey", "nobody")
                .addToStringData("secretKey", "nothing-that-fits")
                .build())
        .serverSideApply();
    Run run =
        TinyRun.apply(
            cluster, NAMESPACE, "wrong-key", "storage: {credentialsSecret: wrong-credentials}");
    run.awaitPhase("Failed");
    assertThat(run.condition("Failed", "reason")).isEqualTo("InvalidInput");
    assertThat(run.condition("Failed", "message")).contains("the server refused the credentials");
    assertThat(run.pods()).hasSize(1);
    run.delete();
  }
}
