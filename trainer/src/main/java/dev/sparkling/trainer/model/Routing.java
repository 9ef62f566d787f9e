package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.training.BalancingScope;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.trainer.model.LayerPasses.RouterLoss;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Where the tokens of a step went, summed over its forward passes, and what the router's loss makes
 * of it ({@link BalancingSpec} has the formula). Empty for a dense model.
 */
public final class Routing {

  private final ModelConfiguration model;
  private final Optional<ExpertsShape> experts;
  private final BalancingSpec balancing;
  private final TorchScript kernels;
  private final NDManager manager;
  private final List<Sums> step;
  private final List<NDArray> rowsOfPass;
  private final List<Share> shares = new ArrayList<>();
  private long tokens;

  /**
   * A layer's sums over tokens.
   *
   * @param rows [E] 64-bit integers: how many of them each expert met
   * @param probabilities [E]
   * @param squares scalar: of the router logits' logarithmic sum
   */
  private record Sums(NDArray rows, NDArray probabilities, NDArray squares) {
    NDList all() {
      return new NDList(rows, probabilities, squares);
    }
  }

  /**
   * What one layer's router did in a step.
   *
   * @param balancing 1 where all experts are evenly used
   * @param z mean square of the logits' logarithmic sum
   * @param largestLoad of one expert, as a multiple of even use
   */
  public record Layer(double balancing, double z, double largestLoad) {}

  Routing(
      ModelConfiguration model, BalancingSpec balancing, TorchScript kernels, NDManager manager) {
    this.model = model;
    this.experts =
        model.mlp() instanceof ExpertsShape shape ? Optional.of(shape) : Optional.empty();
    this.balancing = balancing;
    this.kernels = kernels;
    this.manager = manager;
    this.step = newSums();
    this.rowsOfPass =
        step.stream().map(sums -> manager.zeros(sums.rows().getShape(), DataType.INT64)).toList();
  }

  private List<Sums> newSums() {
    if (experts.isEmpty()) {
      return List.of();
    }
    Shape shape = new Shape(experts.get().experts());
    return IntStream.range(0, model.layers())
        .mapToObj(
            _ ->
                new Sums(
                    manager.zeros(shape, DataType.INT64),
                    manager.zeros(shape),
                    manager.zeros(new Shape())))
        .toList();
  }

  /** Where the tokens of one lane's pass went; each is for one thread. */
  final class Share {

    private final List<Sums> layers = newSums();

    void beginPass() {
      zero(layers);
    }

    /** Adds a layer's pass. */
    void add(int layer, NDList saved) {
      if (!layers.isEmpty()) {
        Sums sums = layers.get(layer);
        try (NDManager scope = manager.newSubManager()) {
          kernels.call(
              scope, "add_routing", saved, sums.rows(), sums.probabilities(), sums.squares());
        }
      }
    }
  }

  /** For another lane. */
  Share newShare() {
    Share share = new Share();
    shares.add(share);
    return share;
  }

  /** Begins a step. */
  void clear() {
    tokens = 0;
    zero(step);
  }

  private void zero(List<Sums> layers) {
    try (NDManager scope = manager.newSubManager()) {
      for (Sums sums : layers) {
        kernels.call(scope, "zero", sums.all());
      }
    }
  }

  /** Counts the tokens of a pass. */
  void begin(int tokensOfPass) {
    tokens += tokensOfPass;
  }

  /** Adds up what the lanes' forward passes have counted. */
  void endForward(int lanes) {
    try (NDManager scope = manager.newSubManager()) {
      for (int layer = 0; layer < step.size(); layer++) {
        int at = layer;
        List<NDList> ofLanes =
            shares.subList(0, lanes).stream().map(share -> share.layers.get(at).all()).toList();
        NDList rows = new NDList(ofLanes.stream().map(NDList::getFirst).toList());
        kernels.call(scope, "sum_into", rowsOfPass.get(layer), rows);
        ofLanes.forEach(sums -> kernels.call(scope, "add_all", step.get(at).all(), sums));
      }
    }
  }

  /**
   * What the loss adds to a layer's gradients.
   *
   * @param weight of one token in the step's loss
   */
  RouterLoss loss(int layer, int tokensOfPass, double weight) {
    if (step.isEmpty()) {
      return new RouterLoss(new NDList(), 0, 0);
    }
    boolean whole = balancing.scope() == BalancingScope.GLOBAL_BATCH;
    double choices =
        (double) experts.orElseThrow().expertsPerToken() * (whole ? tokens : tokensOfPass);
    double perToken = weight / model.layers();
    return new RouterLoss(
        new NDList(whole ? step.get(layer).rows() : rowsOfPass.get(layer)),
        balancing.coefficient() * experts.orElseThrow().experts() * perToken / choices,
        balancing.zCoefficient() * perToken);
  }

  /** Of the step so far; empty for a dense model. */
  public List<Layer> measure() {
    return step.stream().map(this::measure).toList();
  }

  private Layer measure(Sums sums) {
    long[] rows = sums.rows().toLongArray();
    float[] probabilities = sums.probabilities().toFloatArray();
    double choices = (double) tokens * experts.orElseThrow().expertsPerToken();
    double balance = 0;
    long largest = 0;
    for (int e = 0; e < rows.length; e++) {
      balance += rows[e] / choices * (probabilities[e] / tokens);
      largest = Math.max(largest, rows[e]);
    }
    return new Layer(
        balance * rows.length, sums.squares().getFloat() / tokens, largest * rows.length / choices);
  }
}
