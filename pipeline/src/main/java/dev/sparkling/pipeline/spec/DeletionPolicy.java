package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of the run's objects when the resource is deleted; spelled as in Kubernetes. */
public enum DeletionPolicy {
  @JsonProperty("Retain")
  RETAIN,
  @JsonProperty("Delete")
  DELETE
}
