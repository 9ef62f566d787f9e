package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Function;

/**
 * The weights as the passes read them: the 32-bit ones themselves, or for bf16 rounded copies of
 * the matrices. Norms and routers are read in 32 bits always.
 */
public final class ComputeWeights {

  private final Weights<NDArray> weights;
  private final NDList masters = new NDList();
  private final NDList copies = new NDList();
  private final TorchScript kernels;
  private final NDManager manager;

  /**
   * Makes the copies where there are any.
   *
   * @param masters that the optimizer updates
   * @param manager owns the copies
   */
  public ComputeWeights(Weights<NDArray> masters, Precision precision, NDManager manager) {
    this.manager = manager;
    this.kernels = TorchScript.load(manager, ComputeWeights.class, "rounding.torchscript");
    this.weights =
        switch (precision) {
          case FP32 -> masters;
          case BF16 -> masters.map(rounded(routers(masters)));
        };
  }

  /** As the passes read them. */
  public Weights<NDArray> weights() {
    return weights;
  }

  /** Follows an update of the masters. */
  public void refresh() {
    if (!masters.isEmpty()) {
      try (NDManager scope = manager.newSubManager()) {
        kernels.call(scope, "copy_all", copies, masters);
      }
    }
  }

  private Function<NDArray, NDArray> rounded(Set<NDArray> kept) {
    return master -> {
      if (master.getShape().dimension() == 1 || kept.contains(master)) {
        return master;
      }
      NDArray copy = kernels.call(manager, "to_bfloat16", master).singletonOrThrow();
      masters.add(master);
      copies.add(copy);
      return copy;
    };
  }

  private static Set<NDArray> routers(Weights<NDArray> weights) {
    Set<NDArray> routers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Weights.Layer<NDArray> layer : weights.layers()) {
      if (layer.mlp() instanceof Weights.Experts<NDArray> experts) {
        routers.add(experts.router());
      }
    }
    return routers;
  }
}
