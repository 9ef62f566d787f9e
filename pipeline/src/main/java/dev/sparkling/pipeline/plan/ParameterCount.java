package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.Architecture;
import dev.sparkling.pipeline.spec.ModelSpec;

/**
 * Parameters of a model.
 *
 * @param total all of them, a tied head counted once
 * @param active those that one token meets: of the experts only {@code expertsPerToken}; the N of
 *     Eq. 29
 */
public record ParameterCount(long total, long active) {

  /** Counts Hugging Face's Qwen3 or Qwen3-MoE layout. */
  public static ParameterCount of(ModelSpec model) {
    long hidden = model.hiddenSize();
    long embedding = model.vocabularySize() * hidden;
    long outside = (model.tiedEmbeddings() ? embedding : 2 * embedding) + hidden;

    long queryWidth = (long) model.attentionHeads() * model.headDim();
    long keyValueWidth = (long) model.keyValueHeads() * model.headDim();
    long attention = 2 * hidden * queryWidth + 2 * hidden * keyValueWidth + 2L * model.headDim();
    long norms = 2 * hidden;
    long mlp = 3 * hidden * model.innerSize();

    boolean moe = model.architecture() == Architecture.MOE;
    long router = moe ? hidden * model.experts() : 0;
    long allMlps = moe ? mlp * model.experts() : mlp;
    long activeMlps = moe ? mlp * model.expertsPerToken() : mlp;

    long everyToken = outside + model.layers() * (attention + norms + router);
    return new ParameterCount(
        everyToken + model.layers() * allMlps, everyToken + model.layers() * activeMlps);
  }
}
