package dev.sparkling.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The identity of the cluster, which is part of the owner of a run in an object store: the
 * configured ID or, by default, the UID of the namespace kube-system.
 */
final class ClusterId implements Supplier<String> {

  private static final String NAMESPACE = "kube-system";

  private final KubernetesClient client;
  private @Nullable String known;

  ClusterId(Optional<String> configured, KubernetesClient client) {
    this.client = client;
    this.known = configured.filter(id -> !id.isBlank()).orElse(null);
  }

  /**
   * Returns the identity, which does not change.
   *
   * @throws KubernetesClientException if the namespace cannot be read; there is no fallback,
   *     because under another identity the operator would not own its own runs
   */
  @Override
  public synchronized String get() {
    String id = known == null ? read() : known;
    known = id;
    return id;
  }

  private String read() {
    try {
      return client.namespaces().withName(NAMESPACE).require().getMetadata().getUid();
    } catch (KubernetesClientException e) {
      throw new KubernetesClientException(
          "%s; grant the operator 'get' on the namespace %s (rbac.readClusterId), or set clusterId"
              .formatted(e.getMessage(), NAMESPACE),
          e.getCode(),
          e.getStatus());
    }
  }
}
