package dev.sparkling.pipeline.spec;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The trainer pods.
 *
 * @param image absent: the one that the chart names
 * @param threads of the CPU; part of a run's identity, because results are bitwise equal for equal
 *     thread counts only. Absent: the CPU limit, or the machine's cores locally
 */
public record TrainerSpec(
    @Nullable String image, Integer nodes, @Nullable Integer threads, ResourcesSpec resources) {

  static final TrainerSpec DEFAULT =
      new TrainerSpec(null, 1, null, new ResourcesSpec(Map.of(), Map.of()));

  public TrainerSpec {
    nodes = Objects.requireNonNullElse(nodes, 1);
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
