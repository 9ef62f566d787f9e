package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;

/**
 * Where the token shards are: folders with a {@code dataset.json}, as {@code data prepare} writes
 * them.
 */
public record DataSpec(
    @JsonPropertyDescription(
            "Folder of token shards to train on, as sparkling data prepare writes it: s3://BUCKET/PREFIX")
        @Required
        @Size(min = 1, max = 2048)
        String uri,
    @JsonPropertyDescription("Folder of token shards for the validation loss: s3://BUCKET/PREFIX")
        @Required
        @Size(min = 1, max = 2048)
        String validationUri) {
  public DataSpec {
    uri = Objects.requireNonNullElse(uri, "");
    validationUri = Objects.requireNonNullElse(validationUri, "");
  }
}
