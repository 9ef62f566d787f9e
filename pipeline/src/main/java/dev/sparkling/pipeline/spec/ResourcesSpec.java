package dev.sparkling.pipeline.spec;

import java.util.Map;

/** Kubernetes resource requests and limits; a local run ignores them. */
public record ResourcesSpec(Map<String, String> limits, Map<String, String> requests) {
  public ResourcesSpec {
    limits = limits == null ? Map.of() : Map.copyOf(limits);
    requests = requests == null ? Map.of() : Map.copyOf(requests);
  }
}
