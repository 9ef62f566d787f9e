package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens to the run's data in the object store when the resource is deleted. */
public enum DeletionPolicy {
  @JsonProperty("Retain")
  RETAIN,
  @JsonProperty("Delete")
  DELETE
}
