package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Size;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The expander pods.
 *
 * @param image absent: the one that the chart names
 * @param podPatch as the trainer's
 */
public record ExpanderSpec(
    @Nullable @Size(min = 1, max = 1024) String image,
    ResourcesSpec resources,
    Map<String, Object> podPatch) {

  static final ExpanderSpec DEFAULT =
      new ExpanderSpec(null, new ResourcesSpec(Map.of(), Map.of()), Map.of());

  public ExpanderSpec {
    podPatch =
        podPatch == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(podPatch));
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
