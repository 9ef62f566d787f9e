package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How new entries are initialized. The paper's initializations are pairs {@code fanOut-fanIn}: the
 * first word is for the side that writes the widened channels, the second for the side that reads
 * them (section 3.2). The others are baselines for comparison: copies that preserve the function of
 * a linear map.
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
  RANDOM_RANDOM,
  /** A column and its copies get equal shares (Net2Net, arXiv 1511.05641, Algorithm 1). */
  @JsonProperty("naive")
  NAIVE,
  /** A column gets the share r and its copy 1 - r (the paper's section 4). */
  @JsonProperty("uneven")
  UNEVEN,
  /** Like naive, with noise on each pair that cancels out (the paper's section 4). */
  @JsonProperty("perturb")
  PERTURB,
  /** Like perturb, with a signal-to-noise ratio (HyperCloning, arXiv 2409.12903, section 3). */
  @JsonProperty("signal-to-noise")
  SIGNAL_TO_NOISE
}
