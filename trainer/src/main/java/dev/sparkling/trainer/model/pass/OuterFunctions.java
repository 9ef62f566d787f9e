package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.plan.TrainerMemoryContract;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.List;

/**
 * The functions of transformer.torchscript outside of the layers: embedding, head and loss, and
 * measurements of hidden states. Dimensions in shapes: T tokens, H hidden size, V vocabulary size.
 */
final class OuterFunctions {

  private final TorchScript script;
  private final ModelConfiguration model;

  OuterFunctions(TorchScript script, ModelConfiguration model) {
    this.script = script;
    this.model = model;
  }

  /**
   * The loss of a forward pass, and its gradient with respect to the last layer's output.
   *
   * @param loss scalar, in nats, summed over tokens
   * @param dx [T, H]
   */
  record LossAndGradient(NDArray loss, NDArray dx) {}

  /**
   * Looks up the embeddings of tokens.
   *
   * @return [T, H]
   */
  NDArray embed(NDArray embedding, NDArray tokens, NDManager results) {
    return script.callForTensor(results, "embed", embedding, tokens);
  }

  /**
   * Adds to the embedding's gradient.
   *
   * @param dx [T, H] gradient with respect to the first layer's input
   */
  void embedBackward(NDArray dx, NDArray tokens, NDArray gradient) {
    script.call("embed_backward", dx, tokens, gradient);
  }

  /**
   * Computes logits.
   *
   * @param x [T, H] output of the last layer
   * @return [T, V]
   */
  NDArray logits(ParameterTree<NDArray> weights, NDArray x, NDManager results) {
    return script.callForTensor(
        results,
        "logits",
        x,
        weights.finalNorm(),
        weights.headOrEmbedding(),
        model.logitScale(),
        model.rmsNormEpsilon());
  }

  /**
   * Computes the cross-entropy in nats, summed over tokens.
   *
   * @param x [T, H] output of the last layer
   * @return scalar
   */
  NDArray loss(ParameterTree<NDArray> weights, NDArray x, NDArray targets, NDManager results) {
    return script.callForTensor(
        results,
        "loss",
        x,
        targets,
        weights.finalNorm(),
        weights.headOrEmbedding(),
        model.logitScale(),
        model.rmsNormEpsilon(),
        chunk());
  }

  /**
   * Computes the loss and its gradient, and accumulates the gradients of the head and of the final
   * norm.
   *
   * @param x [T, H] output of the last layer
   * @param weight weight of one token in the step's loss
   * @param beta factor that the head's previous gradient is multiplied by: 1 accumulates, 0
   *     overwrites
   */
  LossAndGradient lossAndGradients(
      ParameterTree<NDArray> weights,
      ParameterTree<NDArray> gradients,
      NDArray x,
      NDArray targets,
      double weight,
      double beta,
      NDManager results) {
    List<NDArray> tensors =
        script.callForTensors(
            results,
            "loss_and_gradients",
            x,
            targets,
            weights.finalNorm(),
            weights.headOrEmbedding(),
            model.logitScale(),
            model.rmsNormEpsilon(),
            chunk(),
            weight,
            beta,
            List.of(gradients.finalNorm(), gradients.headOrEmbedding()));
    return new LossAndGradient(tensors.get(0), tensors.get(1));
  }

  /** Computes the mean of the squares of all elements, a scalar. */
  NDArray meanSquare(NDArray x, NDManager results) {
    return script.callForTensor(results, "mean_square", x);
  }

  /** Whether all elements are finite; waits for the device. */
  boolean isFinite(NDArray x, NDManager scope) {
    return script.callForTensor(scope, "is_finite", x).toBooleanArray()[0];
  }

  private long chunk() {
    return TrainerMemoryContract.tokensPerLogitsChunk(model.vocabularySize());
  }
}
