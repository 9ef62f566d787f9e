package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.trainer.model.layout.ParameterTree.Attention;
import dev.sparkling.trainer.model.layout.ParameterTree.Dense;
import dev.sparkling.trainer.model.layout.ParameterTree.Experts;
import dev.sparkling.trainer.model.routing.Routing.RouterLossTerms;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The functions of transformer.torchscript for one layer. Dimensions in shapes are those of {@link
 * dev.sparkling.trainer.model.layout.ParameterTree}, and T tokens, B sequences, S positions of a
 * sequence, M experts per token, R = T * M rows sorted by expert. A backward pass multiplies the
 * previous gradients of matrices by {@code beta} before it adds to them: 1 accumulates, 0
 * overwrites.
 */
final class LayerFunctions {

  private final TorchScript script;
  private final ModelConfiguration model;

  LayerFunctions(TorchScript script, ModelConfiguration model) {
    this.script = script;
    this.model = model;
  }

  /**
   * The result of a forward pass.
   *
   * @param output [T, H]
   * @param saved tensors that the backward pass reads
   */
  record Forward<S>(NDArray output, S saved) {}

  /**
   * The settings of an attention pass.
   *
   * @param cosine [S, D] cosine of the rotary embedding's angles
   * @param sine [S, D] sine, negated in the first half of each row
   * @param mask [B, 1, S, S] to add to the scores; empty for causal attention alone
   * @param queriesPerBlock number of queries whose scores are computed together
   * @param keepsSoftmax whether the softmax is saved for the backward pass instead of recomputed
   */
  record AttentionPlan(
      NDArray cosine,
      NDArray sine,
      Optional<NDArray> mask,
      int sequences,
      long queriesPerBlock,
      boolean keepsSoftmax) {
    private List<NDArray> masks() {
      return mask.stream().toList();
    }
  }

  /**
   * The tensors that attention's backward pass reads.
   *
   * @param normed [T, H] input of the projections
   * @param inverseRms [T, 1] inverse RMS of the layer's input
   * @param normedHeads [B, S, Q + K, D] fp32 queries and keys, divided by their RMS
   * @param inverseRmsOfHeads [B, S, Q + K, 1] inverse RMS of queries and keys
   * @param queries [B, S, Q, D] rotated queries
   * @param keys [B * K, S, D] rotated keys
   * @param values [B * K, S, D]
   * @param context [T, Q * D] input of the output projection
   * @param softmax softmax of each block of queries; empty if it is recomputed
   */
  record SavedAttention(
      NDArray normed,
      NDArray inverseRms,
      NDArray normedHeads,
      NDArray inverseRmsOfHeads,
      NDArray queries,
      NDArray keys,
      NDArray values,
      NDArray context,
      List<NDArray> softmax) {

    private static SavedAttention of(List<NDArray> t) {
      return new SavedAttention(
          t.get(0),
          t.get(1),
          t.get(2),
          t.get(3),
          t.get(4),
          t.get(5),
          t.get(6),
          t.get(7),
          List.copyOf(t.subList(8, t.size())));
    }

    private List<NDArray> tensors() {
      return Stream.concat(
              Stream.of(
                  normed,
                  inverseRms,
                  normedHeads,
                  inverseRmsOfHeads,
                  queries,
                  keys,
                  values,
                  context),
              softmax.stream())
          .toList();
    }
  }

  /** The tensors that an MLP's backward pass reads, and partly overwrites. */
  sealed interface SavedMlp {
    List<NDArray> tensors();

    /** Frees the tensors before the layer's scope ends. */
    default void free() {
      tensors().forEach(NDArray::close);
    }
  }

  /**
   * The saved tensors of a dense MLP.
   *
   * @param normed [T, H] input of the projections
   * @param inverseRms [T, 1] of the MLP's input
   * @param gate [T, I]
   * @param up [T, I]
   * @param silu [T, I] silu(gate)
   * @param activated [T, I] silu(gate) * up
   */
  record SavedDenseMlp(
      NDArray normed, NDArray inverseRms, NDArray gate, NDArray up, NDArray silu, NDArray activated)
      implements SavedMlp {

    private static SavedDenseMlp of(List<NDArray> t) {
      return new SavedDenseMlp(t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), t.get(5));
    }

    @Override
    public List<NDArray> tensors() {
      return List.of(normed, inverseRms, gate, up, silu, activated);
    }
  }

  /**
   * The saved tensors of experts and their router.
   *
   * @param normed [T, H] input of the router and of the experts
   * @param inverseRms [T, 1] of the MLP's input
   * @param logSumExponentials [T, 1] log-sum-exp of the router's logits
   * @param probabilities [T, E] softmax of the router's logits
   * @param top [T, M] probabilities of the chosen experts
   * @param chosen [T, M] indices of the chosen experts
   * @param weights [T, M] weights of the chosen experts
   * @param rowWeights [R, 1] weight of each row
   * @param positions [R] row of each choice
   * @param tokens [R] token of each row
   * @param first [T] index of each token's first choice
   * @param rows [E] 64-bit integers: number of rows of each expert
   * @param inputs [R, H] rows of {@code normed}
   * @param gateUp [R, 2I] gate, then up
   * @param silu [R, I] silu(gate)
   * @param weighted [R, I] weight * silu(gate) * up
   */
  record SavedExpertsMlp(
      NDArray normed,
      NDArray inverseRms,
      NDArray logSumExponentials,
      NDArray probabilities,
      NDArray top,
      NDArray chosen,
      NDArray weights,
      NDArray rowWeights,
      NDArray positions,
      NDArray tokens,
      NDArray first,
      NDArray rows,
      NDArray inputs,
      NDArray gateUp,
      NDArray silu,
      NDArray weighted)
      implements SavedMlp {

    private static SavedExpertsMlp of(List<NDArray> t) {
      return new SavedExpertsMlp(
          t.get(0), t.get(1), t.get(2), t.get(3), t.get(4), t.get(5), t.get(6), t.get(7), t.get(8),
          t.get(9), t.get(10), t.get(11), t.get(12), t.get(13), t.get(14), t.get(15));
    }

    @Override
    public List<NDArray> tensors() {
      return List.of(
          normed,
          inverseRms,
          logSumExponentials,
          probabilities,
          top,
          chosen,
          weights,
          rowWeights,
          positions,
          tokens,
          first,
          rows,
          inputs,
          gateUp,
          silu,
          weighted);
    }
  }

  /** Computes {@code x + attention(norm(x))}. */
  Forward<SavedAttention> attention(
      Attention<NDArray> weights, NDArray x, AttentionPlan plan, NDManager results) {
    List<NDArray> tensors =
        script.callForTensors(
            results,
            "attention",
            x,
            weights.norm(),
            weights.queryKeyValue(),
            weights.queryNorm(),
            weights.keyNorm(),
            weights.output(),
            plan.cosine(),
            plan.sine(),
            plan.masks(),
            plan.sequences(),
            model.keyValueHeads(),
            plan.queriesPerBlock(),
            plan.keepsSoftmax(),
            model.rmsNormEpsilon());
    return new Forward<>(tensors.getFirst(), SavedAttention.of(afterOutput(tensors)));
  }

  /** Accumulates the gradients of attention's weights and returns the gradient of its input x. */
  NDArray attentionBackward(
      Attention<NDArray> weights,
      Attention<NDArray> gradients,
      NDArray x,
      SavedAttention saved,
      AttentionPlan plan,
      NDArray dy,
      double beta,
      NDManager results) {
    return script.callForTensor(
        results,
        "attention_backward",
        dy,
        x,
        saved.tensors(),
        weights.norm(),
        weights.queryKeyValue(),
        weights.queryNorm(),
        weights.keyNorm(),
        weights.output(),
        plan.cosine(),
        plan.sine(),
        plan.masks(),
        plan.queriesPerBlock(),
        beta,
        List.of(
            gradients.norm(),
            gradients.queryKeyValue(),
            gradients.queryNorm(),
            gradients.keyNorm(),
            gradients.output()));
  }

  /** Computes {@code x + down(silu(gate(norm(x))) * up(norm(x)))}. */
  Forward<SavedDenseMlp> dense(Dense<NDArray> weights, NDArray x, NDManager results) {
    List<NDArray> tensors =
        script.callForTensors(
            results,
            "dense",
            x,
            weights.norm(),
            weights.gateUp(),
            weights.down(),
            model.rmsNormEpsilon());
    return new Forward<>(tensors.getFirst(), SavedDenseMlp.of(afterOutput(tensors)));
  }

  /** Accumulates the gradients of a dense MLP's weights and returns the gradient of its input x. */
  NDArray denseBackward(
      Dense<NDArray> weights,
      Dense<NDArray> gradients,
      NDArray x,
      SavedDenseMlp saved,
      NDArray dy,
      double beta,
      NDManager results) {
    return script.callForTensor(
        results,
        "dense_backward",
        dy,
        x,
        saved.tensors(),
        weights.norm(),
        weights.gateUp(),
        weights.down(),
        beta,
        List.of(gradients.norm(), gradients.gateUp(), gradients.down()));
  }

  /** Computes x plus the weighted sum of the outputs of each token's experts. */
  Forward<SavedExpertsMlp> experts(Experts<NDArray> weights, NDArray x, NDManager results) {
    List<NDArray> tensors =
        script.callForTensors(
            results,
            "experts",
            x,
            weights.norm(),
            weights.router(),
            weights.gateUp(),
            weights.down(),
            shape().expertsPerToken(),
            shape().normalizeTopK(),
            model.rmsNormEpsilon());
    return new Forward<>(tensors.getFirst(), SavedExpertsMlp.of(afterOutput(tensors)));
  }

  /**
   * Accumulates the gradients of the experts' and the router's weights and returns the gradient of
   * their input x.
   */
  NDArray expertsBackward(
      Experts<NDArray> weights,
      Experts<NDArray> gradients,
      NDArray x,
      SavedExpertsMlp saved,
      RouterLossTerms loss,
      NDArray dy,
      double beta,
      NDManager results) {
    return script.callForTensor(
        results,
        "experts_backward",
        dy,
        x,
        saved.tensors(),
        weights.norm(),
        weights.router(),
        weights.gateUp(),
        weights.down(),
        shape().normalizeTopK(),
        loss.tokensPerExpert(),
        loss.balancing(),
        loss.z(),
        beta,
        List.of(gradients.norm(), gradients.router(), gradients.gateUp(), gradients.down()));
  }

  /**
   * Creates a mask that hides earlier documents and later positions.
   *
   * @param documents [B, S] index of each token's document within its sequence
   * @return [B, 1, S, S] to add to the scores: 0 or minus infinity
   */
  NDArray documentMask(NDArray documents, NDManager results) {
    return script.callForTensor(results, "document_mask", documents);
  }

  private static List<NDArray> afterOutput(List<NDArray> tensors) {
    return tensors.subList(1, tensors.size());
  }

  private ExpertsShape shape() {
    return (ExpertsShape) model.mlp();
  }
}
