package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The expander's pods. */
public record ExpanderSpec(
    @JsonPropertyDescription("Image of the expander. Defaults to the operator's configured image.")
        @Nullable
        @Size(min = 1, max = 1024)
        String image,
    @JsonPropertyDescription("Compute resources of the expander.") ResourcesSpec resources,
    @JsonPropertyDescription(
            "Additions to the expander's pods, with the field names of a Kubernetes pod template.")
        Map<String, Object> podPatch) {

  static final ExpanderSpec DEFAULT =
      new ExpanderSpec(null, new ResourcesSpec(Map.of(), Map.of()), Map.of());

  public ExpanderSpec {
    podPatch =
        podPatch == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(podPatch));
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
