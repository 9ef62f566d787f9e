package dev.sparkling.operator;

import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import jakarta.inject.Singleton;
import java.util.function.Consumer;

/** Of several replicas one works; the others wait for its lease to run out. */
@Singleton
public final class LeaderElectionSwitch implements ConfigurationServiceCustomizer {

  private static final String LEASE = "sparkling-operator";

  private final OperatorSettings settings;

  LeaderElectionSwitch(OperatorSettings settings) {
    this.settings = settings;
  }

  @Override
  public Consumer<ConfigurationServiceOverrider> overrider() {
    return configuration -> {
      if (settings.leaderElection().enabled()) {
        configuration.withLeaderElectionConfiguration(
            LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE).build());
      }
    };
  }
}
