package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;

/**
 * Where the token shards are: folders with a {@code dataset.json}, as {@code data prepare} writes
 * them.
 */
public record DataSpec(
    @Required @Size(min = 1, max = 2048) String uri,
    @Required @Size(min = 1, max = 2048) String validationUri) {
  public DataSpec {
    uri = Objects.requireNonNullElse(uri, "");
    validationUri = Objects.requireNonNullElse(validationUri, "");
  }
}
