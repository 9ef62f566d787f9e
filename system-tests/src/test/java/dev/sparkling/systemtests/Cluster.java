package dev.sparkling.systemtests;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The cluster that {@code hack/system-tests} prepared, with the chart installed once. */
final class Cluster implements AutoCloseable {

  static final String RELEASE_NAMESPACE = "sparkling-system";
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Map<String, String> SETTINGS = settings();

  private final KubernetesClient client =
      new KubernetesClientBuilder()
          .withConfig(Config.fromKubeconfig(Path.of(setting("KUBECONFIG")).toFile()))
          .build();
  private final Shell shell =
      new Shell(
          ROOT,
          Map.of(
              "KUBECONFIG", setting("KUBECONFIG"),
              "AWS_ENDPOINT_URL", setting("MINIO_ENDPOINT"),
              "AWS_ACCESS_KEY_ID", setting("MINIO_ACCESS_KEY"),
              "AWS_SECRET_ACCESS_KEY", setting("MINIO_SECRET_KEY"),
              "AWS_CA_BUNDLE", setting("MINIO_CA")));

  KubernetesClient client() {
    return client;
  }

  Shell shell() {
    return shell;
  }

  Path root() {
    return ROOT;
  }

  String kubectl(Object... arguments) {
    return shell.run(join(setting("KUBECTL"), arguments));
  }

  String helm(Object... arguments) {
    return shell.run(join(setting("HELM"), arguments));
  }

  String sparkling(Object... arguments) {
    return shell.run(join(ROOT.resolve("sparkling").toString(), arguments));
  }

  /** Whether the cluster is the one of hack/lab, which tests may change. */
  static boolean isLab() {
    return has("SPARKLING_LAB_ENV");
  }

  static boolean has(String setting) {
    return SETTINGS.containsKey(setting);
  }

  void lab(Object... arguments) {
    shell.run(join(ROOT.resolve("hack/lab/lab").toString(), arguments));
  }

  /** Upgrades the release to a chart, keeping its values, and waits for it. */
  void upgrade(String chart, Object... more) {
    release(
        join("upgrade", join("sparkling", join(chart, join("--reset-then-reuse-values", more)))));
  }

  void rollBack() {
    release("rollback", "sparkling");
  }

  private void release(Object... arguments) {
    helm(join("--wait", join("--timeout=5m", join("--namespace=" + RELEASE_NAMESPACE, arguments))));
  }

  /** Creates a namespace that enforces the restricted profile, with MinIO's key and CA. */
  String namespace(String name) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .serverSideApply();
    secret(name, "minio-credentials");
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("minio-ca")
                .withNamespace(name)
                .endMetadata()
                .addToData("ca.crt", read(Path.of(setting("MINIO_CA"))))
                .build())
        .serverSideApply();
    return name;
  }

  /** Creates a secret with MinIO's key. */
  void secret(String namespace, String name) {
    secret(namespace, name, setting("MINIO_ACCESS_KEY"), setting("MINIO_SECRET_KEY"));
  }

  /** Creates or replaces a secret with a key. */
  void secret(String namespace, String name, String accessKey, String secretKey) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .addToStringData("accessKey", accessKey)
                .addToStringData("secretKey", secretKey)
                .build())
        .serverSideApply();
  }

  /** Kills the operator without warning: its lease has to expire. */
  void killOperator() {
    kubectl(
        "-n",
        RELEASE_NAMESPACE,
        "delete",
        "pod",
        "-l",
        "app.kubernetes.io/component=operator",
        "--grace-period=0",
        "--force",
        "--wait=false");
  }

  void scaleOperator(int replicas) {
    kubectl(
        "-n",
        RELEASE_NAMESPACE,
        "scale",
        "deployment/sparkling-operator",
        "--replicas=" + replicas);
    kubectl("-n", RELEASE_NAMESPACE, "rollout", "status", "deployment/sparkling-operator");
  }

  Deployment operatorDeployment() {
    return client
        .apps()
        .deployments()
        .inNamespace(RELEASE_NAMESPACE)
        .withName("sparkling-operator")
        .require();
  }

  /** The operator's pod that is not terminating. */
  Pod operator() {
    return client
        .pods()
        .inNamespace(Cluster.RELEASE_NAMESPACE)
        .withLabel("app.kubernetes.io/component", "operator")
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no operator pod"));
  }

  @Override
  public void close() {
    client.close();
  }

  static String setting(String name) {
    String value = SETTINGS.get(name);
    if (value == null) {
      throw new AssertionError(name + ": is not set; start these tests with hack/system-tests");
    }
    return value;
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>(System.getenv());
    String file = System.getenv("SPARKLING_LAB_ENV");
    if (file != null) {
      read(Path.of(file))
          .lines()
          .filter(line -> line.contains("="))
          .forEach(line -> settings.put(line.split("=", 2)[0], line.split("=", 2)[1]));
    }
    return settings;
  }

  private static Object[] join(String first, Object... more) {
    Object[] all = new Object[more.length + 1];
    all[0] = first;
    System.arraycopy(more, 0, all, 1, more.length);
    return all;
  }
}
