package dev.sparkling.pipeline.spec;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The expander pods; {@code image} absent means the one that the chart names. */
public record ExpanderSpec(@Nullable String image, ResourcesSpec resources) {

  static final ExpanderSpec DEFAULT = new ExpanderSpec(null, new ResourcesSpec(Map.of(), Map.of()));

  public ExpanderSpec {
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
