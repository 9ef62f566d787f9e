package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.torch.ForeachFunctions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The weights that the passes read: in fp32 the master weights themselves; in bf16 rounded copies
 * of the matrices other than routers, and the master weights of norms and routers.
 */
public final class ComputeWeights {

  private final ParameterTree<NDArray> weights;
  private final List<NDArray> masters = new ArrayList<>();
  private final List<NDArray> copies = new ArrayList<>();
  private final ForeachFunctions functions;

  /**
   * Creates the copies, if the precision needs any.
   *
   * @param masters weights that the optimizer updates
   * @param manager owner of the copies
   */
  public ComputeWeights(ParameterTree<NDArray> masters, Precision precision, NDManager manager) {
    this.functions = ForeachFunctions.load(manager);
    this.weights =
        switch (precision) {
          case FP32 -> masters;
          case BF16 -> masters.map(rounding(routers(masters), manager));
        };
  }

  public ParameterTree<NDArray> weights() {
    return weights;
  }

  /** Rounds the master weights again, after an update. */
  public void refresh() {
    if (!masters.isEmpty()) {
      functions.copy(copies, masters);
    }
  }

  private Function<NDArray, NDArray> rounding(Set<NDArray> routers, NDManager manager) {
    return master -> {
      if (master.getShape().dimension() == 1 || routers.contains(master)) {
        return master;
      }
      NDArray copy = functions.toBfloat16(List.of(master), manager).getFirst();
      masters.add(master);
      copies.add(copy);
      return copy;
    };
  }

  private static Set<NDArray> routers(ParameterTree<NDArray> weights) {
    Set<NDArray> routers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (ParameterTree.Layer<NDArray> layer : weights.layers()) {
      if (layer.mlp() instanceof ParameterTree.Experts<NDArray> experts) {
        routers.add(experts.router());
      }
    }
    return routers;
  }
}
