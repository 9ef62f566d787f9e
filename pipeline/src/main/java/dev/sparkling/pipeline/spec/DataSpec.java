package dev.sparkling.pipeline.spec;

import java.util.Objects;

/**
 * Where the token shards are: folders with a {@code dataset.json}, as {@code data prepare} writes
 * them.
 */
public record DataSpec(String uri, String validationUri) {
  public DataSpec {
    uri = Objects.requireNonNullElse(uri, "");
    validationUri = Objects.requireNonNullElse(validationUri, "");
  }
}
