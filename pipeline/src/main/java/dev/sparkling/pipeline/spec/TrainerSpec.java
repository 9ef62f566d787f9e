package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The trainer pods.
 *
 * @param image absent: the one that the chart names
 * @param threads of the CPU; part of a run's identity, because results are bitwise equal for equal
 *     thread counts only. Absent: the CPU limit, or the machine's cores locally
 * @param podPatch what the pods need beside that: node selector, tolerations, affinity, volumes and
 *     more; typed and checked by the cluster, ignored by a local run
 */
public record TrainerSpec(
    @Nullable @Size(min = 1, max = 1024) String image,
    @Min(1) Integer nodes,
    @Nullable @Min(1) @Max(Limits.THREADS) Integer threads,
    ResourcesSpec resources,
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
