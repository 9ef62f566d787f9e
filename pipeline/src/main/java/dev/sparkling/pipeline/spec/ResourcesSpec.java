package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.Map;

/** Kubernetes resource requests and limits; a local run ignores them. */
public record ResourcesSpec(
    @JsonDeserialize(contentUsing = QuantityText.class) Map<String, String> limits,
    @JsonDeserialize(contentUsing = QuantityText.class) Map<String, String> requests) {
  public ResourcesSpec {
    limits = limits == null ? Map.of() : Map.copyOf(limits);
    requests = requests == null ? Map.of() : Map.copyOf(requests);
  }
}
