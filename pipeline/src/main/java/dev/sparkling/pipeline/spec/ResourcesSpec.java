package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kubernetes resource requests and limits; a local run ignores them. */
public record ResourcesSpec(
    @JsonPropertyDescription(
            "Maximum amount of compute resources, such as cpu: 8, memory: 64Gi, nvidia.com/gpu: 1.")
        @JsonDeserialize(contentUsing = QuantityText.class)
        Map<String, String> limits,
    @JsonPropertyDescription(
            "Minimum amount of compute resources. Defaults to the limits. A CPU trainer that specifies no memory requests the planned memory plus 512Mi, unless Kueue queues it.")
        @JsonDeserialize(contentUsing = QuantityText.class)
        Map<String, String> requests) {
  public ResourcesSpec {
    limits = ordered(limits);
    requests = ordered(requests);
  }

  /** Keeps the user's order, so that the same resource gives the same documents, byte for byte. */
  private static Map<String, String> ordered(@Nullable Map<String, String> amounts) {
    return amounts == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(amounts));
  }
}
