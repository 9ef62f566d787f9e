package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs that wait until a person has fixed something, and then end without another command. */
class HoldE2E {

  private static final String NAMESPACE = "hold";

  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.kubectl("-n", NAMESPACE, "delete", "pt", "--all", "--wait=false");
    cluster.close();
  }

  @Test
  void aSecretThatIsMissingAndThenWrongHoldsTheRunUntilItIsRight() {
    cluster.client().secrets().inNamespace(NAMESPACE).withName("late").delete();
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "late",
            "storage: {credentialsSecret: late}",
            TinyRun.ONE_SHORT_STAGE);
    awaitHold(run, "CreateContainerConfigError", "secret \"late\" not found");
    holdsNothingButACheck(run);

    cluster.secret(NAMESPACE, "late", "nobody", "nothing-that-fits");
    run.awaitThat("a check is running", HoldE2E::hasRunningCheck);
    assertThat(run.phase()).isEqualTo("Held");

    cluster.secret(NAMESPACE, "late");
    endsRight(run);
  }

  @Test
  void aKeyThatIsWithdrawnInTheMiddleOfAStageHoldsTheRunUntilTheSecretHasANewOne()
      throws Exception {
    StoreAdministrator store = new StoreAdministrator();
    store.createUser("first-user", "first-secret");
    cluster.secret(NAMESPACE, "rotated", "first-user", "first-secret");
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "rotated",
            "storage: {credentialsSecret: rotated}",
            TinyRun.ONE_LONG_STAGE);
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    store.deleteUser("first-user");
    awaitHold(run, "CredentialsRefused", "the server refused the credentials");
    assertThat(run.stage(0)).containsEntry("attempts", 0).containsEntry("holds", 1);
    holdsNothingButACheck(run);

    store.createUser("second-user", "second-secret");
    cluster.secret(NAMESPACE, "rotated", "second-user", "second-secret");
    endsRight(run);
    store.deleteUser("second-user");
  }

  @Test
  void aFullBucketHoldsTheRunUntilItHasSpace() throws Exception {
    StoreAdministrator store = new StoreAdministrator();
    cluster.lab("bucket", "small");
    store.limit("small", 8);
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "full",
            "storage: {uri: 's3://small/%d'}".formatted(System.currentTimeMillis()),
            TinyRun.ONE_SHORT_STAGE);
    awaitHold(run, "StoreFull", "the bucket's quota is used up");
    holdsNothingButACheck(run);

    store.removeLimit("small");
    endsRight(run);
  }

  @Test
  void aStoreThatCannotBeReachedHoldsTheRunOnceTheRetriesAreUsedUp() {
    EndpointSlice slice =
        cluster
            .client()
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace("storage")
            .list()
            .getItems()
            .getFirst();
    cluster.client().resource(slice).delete();
    Run run =
        TinyRun.apply(cluster, NAMESPACE, "unreachable", "retries: 0", TinyRun.ONE_SHORT_STAGE);
    try {
      awaitHold(run, "StoreUnavailable", "s3://");
      holdsNothingButACheck(run);
    } finally {
      slice.getMetadata().setResourceVersion(null);
      slice.getMetadata().setUid(null);
      cluster.client().resource(slice).create();
    }
    endsRight(run);
  }

  @Test
  void anEditThatOnlyAWorkerCanRefuseHoldsTheRunUntilItIsSetBack() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "edited", TinyRun.ONE_LONG_STAGE);
    run.awaitThat("a checkpoint", now -> now.stage(0).get("checkpoint") != null);
    run.patch("{\"spec\": {\"suspend\": true}}");
    run.awaitPhase("Suspended");
    // The authority of the API server did not sign the object store's certificate.
    run.patch(
        "{\"spec\": {\"suspend\": false, \"storage\": {\"caConfigMap\": \"kube-root-ca.crt\"}}}");
    awaitHold(run, "InvalidInput", "the server's certificate is not trusted");

    run.patch("{\"spec\": {\"storage\": {\"caConfigMap\": \"minio-ca\"}}}");
    endsRight(run);
  }

  @Test
  void aWorkerThatDoesNotKnowItsWorkHoldsTheRunUntilItsImageIsAnother() {
    // The expander's image has no command train, as an image of another version may not have one.
    String expander =
        cluster
            .operatorDeployment()
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst()
            .getEnv()
            .stream()
            .filter(variable -> variable.getName().equals("SPARKLING_EXPANDER_IMAGE"))
            .findFirst()
            .orElseThrow()
            .getValue();
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "other-version",
            "trainer: {image: '%s'}".formatted(expander),
            TinyRun.ONE_SHORT_STAGE);
    awaitHold(run, "InvalidInput", "train");

    run.patch("{\"spec\": {\"trainer\": {\"image\": null}}}");
    endsRight(run);
  }

  @Test
  void anImageThatCannotBePulledHoldsTheRunUntilItIsAnother() {
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "no-image",
            "trainer: {image: 'registry.invalid/trainer:none'}",
            TinyRun.ONE_SHORT_STAGE);
    awaitHold(run, "ImagePullBackOff", "registry.invalid/trainer:none");
    holdsNothingButACheck(run);

    run.patch("{\"spec\": {\"trainer\": {\"image\": null}}}");
    endsRight(run);
  }

  private static void awaitHold(Run run, String reason, String message) {
    run.awaitPhase("Held");
    run.awaitThat("reason " + reason, now -> reason.equals(now.condition("Progressing", "reason")));
    assertThat(run.condition("Progressing", "message"))
        .contains(message)
        .contains("The run resumes automatically once this problem is fixed");
    assertThat(run.condition("Failed", "status")).isEqualTo("False");
  }

  /** Waits until the only pod that has not ended is that of the check, with few resources. */
  private static void holdsNothingButACheck(Run run) {
    run.awaitThat(
        "only a check",
        now -> {
          List<Pod> active = now.activePods();
          return active.size() == 1 && isCheck(active.getFirst());
        });
    assertThat(run.activePods())
        .allSatisfy(
            pod ->
                assertThat(pod.getSpec().getContainers().getFirst().getResources().getRequests())
                    .containsOnlyKeys("cpu", "memory"));
  }

  private static boolean hasRunningCheck(Run run) {
    return run.activePods().stream()
        .anyMatch(pod -> isCheck(pod) && pod.getStatus().getPhase().equals("Running"));
  }

  private static boolean isCheck(Pod pod) {
    return "check".equals(pod.getMetadata().getLabels().get("sparkling.dev/work"));
  }

  /** The run ends without another command, and leaves no check behind. */
  private static void endsRight(Run run) {
    run.awaitPhase("Succeeded");
    assertThat(run.stage(0)).containsEntry("state", "Succeeded").doesNotContainKey("hold");
    run.awaitThat("no check", now -> now.pods().stream().noneMatch(HoldE2E::isCheck));
  }
}
