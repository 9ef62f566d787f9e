package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;

/**
 * Locations of the token shards: folders with a {@code dataset.json}, as {@code data prepare}
 * writes them.
 */
public record DataSpec(
    @JsonPropertyDescription(
            "Location of the training shards written by sparkling data prepare: s3://BUCKET/PREFIX.")
        @Required
        @Size(min = 1, max = 2048)
        String uri,
    @JsonPropertyDescription("Location of the validation shards: s3://BUCKET/PREFIX.")
        @Required
        @Size(min = 1, max = 2048)
        String validationUri) {
  public DataSpec {
    uri = Objects.requireNonNullElse(uri, "");
    validationUri = Objects.requireNonNullElse(validationUri, "");
  }
}
