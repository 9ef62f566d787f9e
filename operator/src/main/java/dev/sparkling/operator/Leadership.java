package dev.sparkling.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import io.quarkus.runtime.Quarkus;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Configures leader election. An operator that stops releases its lease, so that the next one does
 * not have to wait until it expires. An operator that loses its lease exits, because the Operator
 * SDK would let it continue along with the new leader and never join an election again.
 */
@Singleton
public final class Leadership implements ConfigurationServiceCustomizer {

  private static final Logger LOG = Logger.getLogger(Leadership.class);

  private static final String LEASE = "sparkling-operator";

  /** Exit code of an operator that has lost its lease. */
  private static final int LEASE_LOST = 1;

  private final OperatorSettings settings;
  private final KubernetesClient client;
  private final String identity =
      Optional.ofNullable(System.getenv("HOSTNAME")).orElseGet(() -> UUID.randomUUID().toString());

  Leadership(OperatorSettings settings, KubernetesClient client) {
    this.settings = settings;
    this.client = client;
  }

  @Override
  public Consumer<ConfigurationServiceOverrider> overrider() {
    return configuration -> {
      if (settings.leaderElection().enabled()) {
        configuration.withLeaderElectionConfiguration(
            LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                .withIdentity(identity)
                .withLeaderCallbacks(new LeaderCallbacks(() -> {}, this::stop, holder -> {}))
                .build());
      }
    };
  }

  /**
   * Stops leading. Called after the last reconciliation of a shutdown, and when the lease is lost.
   */
  private void stop() {
    if (!release()) {
      LOG.errorf("lease %s: lost to another holder; this operator exits", LEASE);
    }
    // Has no effect if the operator is shutting down already.
    Quarkus.asyncExit(LEASE_LOST);
  }

  /**
   * Releases the lease, so that another operator can acquire it at once, as with client-go's {@code
   * ReleaseOnCancel}. Returns false if this operator no longer holds it.
   */
  private boolean release() {
    try {
      Lease lease =
          client
              .leases()
              .inNamespace(client.getConfiguration().getNamespace())
              .withName(LEASE)
              .get();
      if (lease == null || !identity.equals(lease.getSpec().getHolderIdentity())) {
        return false;
      }
      client
          .resource(
              new LeaseBuilder(lease)
                  .editSpec()
                  .withHolderIdentity("")
                  .withLeaseDurationSeconds(1)
                  .endSpec()
                  .build())
          .update();
    } catch (KubernetesClientException e) {
      LOG.warnf("lease %s: cannot be released and has to expire: %s", LEASE, e.getMessage());
    }
    return true;
  }
}
