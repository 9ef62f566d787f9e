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

/**
 * The trainer pods. The cluster gives {@code podPatch} its types and checks it; a local run ignores
 * it.
 */
public record TrainerSpec(
    @JsonPropertyDescription("Image of the trainer; default: the one that the installation names")
        @Nullable
        @Size(min = 1, max = 1024)
        String image,
    @JsonPropertyDescription("Nodes that train together; default 1") @Min(1) Integer nodes,
    @JsonPropertyDescription(
            "CPU threads of the trainer; results are bitwise equal for equal threads only; default: the CPU limit, rounded up; locally the cores of the machine")
        @Nullable
        @Min(1)
        @Max(Limits.THREADS)
        Integer threads,
    @JsonPropertyDescription(
            "Requests and limits of the trainer; without any it asks for one nvidia.com/gpu, if the installation says so")
        ResourcesSpec resources,
    @JsonPropertyDescription(
            "What the trainer's pods need beside that, in the words of Kubernetes' pod template")
        Map<String, Object> podPatch) {

  static final TrainerSpec DEFAULT =
      new TrainerSpec(null, 1, null, new ResourcesSpec(Map.of(), Map.of()), Map.of());

  public TrainerSpec {
    podPatch =
        podPatch == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(podPatch));
    nodes = Objects.requireNonNullElse(nodes, 1);
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
