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

/** The expander's pods. */
public record ExpanderSpec(
    @JsonPropertyDescription("Image of the expander. Defaults to the operator's configured image.")
        @Nullable
        @Size(min = 1, max = 1024)
        String image,
    @JsonPropertyDescription("Compute resources of the expander.") ResourcesSpec resources,
    @JsonPropertyDescription(
            "Grace period of the pod in seconds: the time between SIGTERM and SIGKILL, in which the expander finishes the rows that it is writing. Defaults to 120.")
        @Min(Limits.GRACE_SECONDS_MIN)
        @Max(Limits.GRACE_SECONDS_MAX)
        Integer terminationGracePeriodSeconds,
    @JsonPropertyDescription(
            "Additions to the expander's pods, with the field names of a Kubernetes pod template.")
        Map<String, Object> podPatch) {

  private static final int GRACE_SECONDS = 120;

  static final ExpanderSpec DEFAULT =
      new ExpanderSpec(null, new ResourcesSpec(Map.of(), Map.of()), GRACE_SECONDS, Map.of());

  public ExpanderSpec {
    podPatch =
        podPatch == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(podPatch));
    terminationGracePeriodSeconds =
        Objects.requireNonNullElse(terminationGracePeriodSeconds, GRACE_SECONDS);
    resources = Objects.requireNonNullElse(resources, new ResourcesSpec(Map.of(), Map.of()));
  }
}
