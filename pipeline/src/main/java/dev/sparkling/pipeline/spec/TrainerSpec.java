package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sparkling.pipeline.spec.model.Limits;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The trainer's pods. The API server validates {@code podPatch}; a local run ignores it. */
public record TrainerSpec(
    @JsonPropertyDescription("Image of the trainer. Defaults to the operator's configured image.")
        @Nullable
        @Size(min = 1, max = 1024)
        String image,
    @JsonPropertyDescription("Number of nodes that train together. Defaults to 1.") @Min(1)
        Integer nodes,
    @JsonPropertyDescription(
            "Number of CPU threads of the trainer. Results are bitwise reproducible only with the same number. Defaults to the CPU limit, rounded up, or to the cores of the machine in a local run.")
        @Nullable
        @Min(1)
        @Max(Limits.THREADS)
        Integer threads,
    @JsonPropertyDescription(
            "Compute resources of the trainer. If empty, one nvidia.com/gpu is requested, unless the operator is configured otherwise.")
        ResourcesSpec resources,
    @JsonPropertyDescription(
            "Grace period of the pod in seconds: the time between SIGTERM and SIGKILL, in which the trainer finishes its step and writes a checkpoint. Defaults to 120.")
        @Min(Limits.GRACE_SECONDS_MIN)
        @Max(Limits.GRACE_SECONDS_MAX)
        Integer terminationGracePeriodSeconds,
    @JsonPropertyDescription(
            "Additions to the trainer's pods, with the field names of a Kubernetes pod template.")
        Map<String, Object> podPatch) {

  private static final int GRACE_SECONDS = 120;

  static final TrainerSpec DEFAULT =
      new TrainerSpec(
          null, 1, null, new ResourcesSpec(Map.of(), Map.of()), GRACE_SECONDS, Map.of());

  public TrainerSpec {
    podPatch =
        podPatch == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(podPatch));
    nodes = Objects.requireNonNullElse(nodes, 1);
    terminationGracePeriodSeconds =
        Objects.requireNonNullElse(terminationGracePeriodSeconds, GRACE_SECONDS);
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
