package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.ResourcesSpec;
import dev.sparkling.pipeline.spec.StageSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Determines the compute resources of workers. */
final class WorkerResources {

  private static final String GPU_PREFIX = "nvidia.com/";
  private static final String GPU = GPU_PREFIX + "gpu";
  private static final String MEMORY = "memory";
  private static final long MEBIBYTE = 1L << 20;

  /** Memory of the JVM and of libtorch, which the plan does not include. */
  private static final long PROCESS_MEBIBYTES = 512;

  private WorkerResources() {}

  static ResourceRequirements ofExpander(ProgressiveTrainingSpec spec) {
    return requirements(spec.expander().resources());
  }

  /**
   * Returns the resources of a stage's trainer: those of the stage, else those of the run, else one
   * GPU if that is the default. A CPU trainer that specifies no memory requests what the plan
   * estimates, unless Kueue queues it: a queue that does not cover memory would never admit it.
   *
   * @param queued whether Kueue queues the job
   */
  static ResourceRequirements ofTrainer(
      ProgressiveTrainingSpec spec, String stage, boolean queued, boolean defaultGpu) {
    ResourcesSpec specified =
        spec.stages().stream()
            .filter(candidate -> candidate.name().equals(stage))
            .map(StageSpec::trainer)
            .flatMap(own -> own == null ? Stream.empty() : Stream.ofNullable(own.resources()))
            .findFirst()
            .orElse(spec.trainer().resources());
    if (specified.limits().isEmpty() && specified.requests().isEmpty() && defaultGpu) {
      return requirements(new ResourcesSpec(Map.of(GPU, "1"), Map.of()));
    }
    ResourceRequirements requirements = requirements(specified);
    if (!queued && !hasGpu(requirements) && !specifiesMemory(specified)) {
      requirements.getRequests().put(MEMORY, plannedMemory(spec, stage));
    }
    return requirements;
  }

  private static boolean specifiesMemory(ResourcesSpec resources) {
    return resources.limits().containsKey(MEMORY) || resources.requests().containsKey(MEMORY);
  }

  private static Quantity plannedMemory(ProgressiveTrainingSpec spec, String stage) {
    long bytes = RunPlan.of(spec).stage(stage).memory().total();
    return new Quantity((Math.ceilDiv(bytes, MEBIBYTE) + PROCESS_MEBIBYTES) + "Mi");
  }

  /** Returns whether a GPU, or a part of one such as nvidia.com/mig-1g.10gb, is requested. */
  static boolean hasGpu(ResourceRequirements resources) {
    return resources.getLimits().entrySet().stream()
        .anyMatch(
            limit ->
                limit.getKey().startsWith(GPU_PREFIX)
                    && limit.getValue().getNumericalAmount().signum() > 0);
  }

  private static ResourceRequirements requirements(ResourcesSpec resources) {
    return new ResourceRequirementsBuilder()
        .withLimits(quantities(resources.limits()))
        .withRequests(quantities(resources.requests()))
        .build();
  }

  private static Map<String, Quantity> quantities(Map<String, String> amounts) {
    Map<String, Quantity> quantities = new LinkedHashMap<>();
    amounts.keySet().stream()
        .sorted()
        .forEach(key -> quantities.put(key, Quantity.parse(amounts.get(key))));
    return quantities;
  }
}
