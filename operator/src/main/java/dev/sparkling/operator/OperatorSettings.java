package dev.sparkling.operator;

import dev.sparkling.operator.workload.WorkerSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings that the chart passes in environment variables such as {@code SPARKLING_TRAINER_IMAGE}.
 */
@ConfigMapping(prefix = "sparkling")
public interface OperatorSettings {

  /** Image of trainers whose resource sets none. */
  @WithDefault("sparkling-trainer:latest")
  String trainerImage();

  /** Image of expanders whose resource sets none. */
  @WithDefault("sparkling-expander:latest")
  String expanderImage();

  @WithDefault("IfNotPresent")
  String imagePullPolicy();

  /** Names of Secrets for pulling images, in the namespaces of the resources. */
  Optional<List<String>> imagePullSecrets();

  /** Identity of the cluster; by default the UID of the namespace kube-system. */
  Optional<String> clusterId();

  /** Whether a trainer requests one GPU if its resource sets no requests and limits. */
  @WithDefault("true")
  boolean defaultGpu();

  /** Time after which finished jobs are deleted with their pods and logs; defaults to a week. */
  @WithDefault("604800")
  int ttlSecondsAfterFinished();

  /** Interval at which the progress of trainers is polled. */
  @WithDefault("PT5S")
  Duration progressInterval();

  LeaderElection leaderElection();

  /** Election of the active replica. */
  interface LeaderElection {
    @WithDefault("true")
    boolean enabled();
  }

  /** The settings of worker pods. */
  default WorkerSettings workers() {
    return new WorkerSettings(
        trainerImage(),
        expanderImage(),
        imagePullPolicy(),
        imagePullSecrets().orElse(List.of()).stream().filter(name -> !name.isBlank()).toList(),
        defaultGpu(),
        ttlSecondsAfterFinished());
  }
}
