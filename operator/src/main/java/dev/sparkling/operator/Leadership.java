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
 * Of several replicas the holder of a lease works. Who stops gives the lease back, so that the next
 * need not wait until it runs out; who loses it ends, because the Operator SDK would let it work on
 * beside the new holder and never take part in an election again.
 */
@Singleton
public final class Leadership implements ConfigurationServiceCustomizer {

  private static final Logger LOG = Logger.getLogger(Leadership.class);

  private static final String LEASE = "sparkling-operator";
  private static final int LOST = 1;

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

  /** Called when reconciliations have ended because of a shutdown, and when the lease is lost. */
  private void stop() {
    if (!giveBack()) {
      LOG.errorf("lease %s: lost to another holder, so this operator ends", LEASE);
    }
    // While a shutdown is under way already, this changes nothing.
    Quarkus.asyncExit(LOST);
  }

  /**
   * Whether the lease was ours to give back. Without a holder anyone may take it at once, as with
   * client-go's {@code ReleaseOnCancel}.
   */
  private boolean giveBack() {
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
      LOG.warnf("lease %s: not given back, so it has to run out: %s", LEASE, e.getMessage());
    }
    return true;
  }
}
