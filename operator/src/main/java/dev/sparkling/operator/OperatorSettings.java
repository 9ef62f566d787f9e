package dev.sparkling.operator;

import dev.sparkling.operator.workload.WorkerSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the chart sets, as environment variables such as {@code SPARKLING_TRAINER_IMAGE}. */
@ConfigMapping(prefix = "sparkling")
public interface OperatorSettings {

  /** Of trainers, where the resource names none. */
  @WithDefault("sparkling-trainer:latest")
  String trainerImage();

  /** Of expanders, where the resource names none. */
  @WithDefault("sparkling-expander:latest")
  String expanderImage();

  @WithDefault("IfNotPresent")
  String imagePullPolicy();

  /** Names of secrets in the namespaces of the resources. */
  Optional<List<String>> imagePullSecrets();

  /** Whether a trainer asks for one GPU where the resource says nothing of resources. */
  @WithDefault("true")
  boolean defaultGpu();

  /** How long jobs that have ended stay, with their pods and logs; a week. */
  @WithDefault("604800")
  int ttlSecondsAfterFinished();

  /** How often trainers are asked how far they are. */
  @WithDefault("PT5S")
  Duration progressInterval();

  LeaderElection leaderElection();

  /** Of several replicas one works. */
  interface LeaderElection {
    @WithDefault("true")
    boolean enabled();
  }

  /** The part that is about worker pods. */
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
