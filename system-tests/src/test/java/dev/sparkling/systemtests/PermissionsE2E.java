package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Permissions of the service accounts, as the API server reports them. */
class PermissionsE2E {

  private static final String NAMESPACE = "permissions";
  private static final Path GOLDEN = Path.of("src/test/resources/PermissionsE2E/can-i.txt");

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
  void serviceAccountsMayDoWhatTheGoldenFileSaysAndNothingElse() throws IOException {
    StringBuilder told = new StringBuilder();
    for (String namespace : List.of(Cluster.RELEASE_NAMESPACE, NAMESPACE)) {
      for (String account : accounts()) {
        Set<String> rights = rights(account, namespace);
        // What every account may do belongs to the cluster, and differs between clusters.
        rights.removeAll(rights("nobody", namespace));
        told.append("# ").append(account).append(" in ").append(namespace).append('\n');
        rights.forEach(line -> told.append(line).append('\n'));
      }
    }
    if (Boolean.getBoolean("golden.write")) {
      Files.createDirectories(GOLDEN.getParent());
      Files.writeString(GOLDEN, told);
    }
    assertThat(told.toString()).isEqualTo(Cluster.read(GOLDEN));
  }

  @Test
  void podsOfATrainerHoldNoToken() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "no-token");
    run.awaitStage("Training", "narrow");
    assertThat(run.pods()).isNotEmpty().allSatisfy(PermissionsE2E::holdsNoToken);
    run.delete();
  }

  private static void holdsNoToken(Pod pod) {
    assertThat(pod.getSpec().getVolumes())
        .allSatisfy(volume -> assertThat(volume.getProjected()).isNull());
    assertThat(pod.getSpec().getContainers().getFirst().getVolumeMounts())
        .noneSatisfy(mount -> assertThat(mount.getMountPath()).startsWith("/var/run/secrets"));
  }

  private List<String> accounts() {
    return cluster
        .client()
        .serviceAccounts()
        .inNamespace(Cluster.RELEASE_NAMESPACE)
        .list()
        .getItems()
        .stream()
        .map(account -> account.getMetadata().getName())
        .sorted()
        .toList();
  }

  private Set<String> rights(String account, String namespace) {
    return cluster
        .kubectl(
            "auth",
            "can-i",
            "--list",
            "--no-headers",
            "-n",
            namespace,
            "--as=system:serviceaccount:" + Cluster.RELEASE_NAMESPACE + ":" + account)
        .lines()
        .map(line -> line.strip().replaceAll(" +", " "))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
