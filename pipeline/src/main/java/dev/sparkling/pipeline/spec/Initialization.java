package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How new entries start, as a pair {@code fanOut-fanIn}: the first word is the side that writes the
 * widened channels, the second the side that reads them (paper section 3.2).
 */
public enum Initialization {
  @JsonProperty("copy-copy")
  COPY_COPY,
  @JsonProperty("zero-copy")
  ZERO_COPY,
  @JsonProperty("random-copy")
  RANDOM_COPY,
  @JsonProperty("random-zero")
  RANDOM_ZERO,
  @JsonProperty("random-random")
  RANDOM_RANDOM
}
