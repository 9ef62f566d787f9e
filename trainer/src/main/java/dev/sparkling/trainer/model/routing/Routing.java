package dev.sparkling.trainer.model.routing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.training.BalancingScope;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.trainer.torch.ForeachFunctions;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Statistics of a step's routers, summed over its forward passes, and what the backward passes need
 * from them to add the gradients of the balancing loss and the z-loss ({@link BalancingSpec} has
 * the formulas). Empty for a dense model.
 */
public final class Routing {

  private final int layers;
  private final long experts;
  private final long expertsPerToken;
  private final BalancingSpec balancing;
  private final RoutingFunctions functions;
  private final NDManager manager;
  private final List<RouterSums> step;
  private final List<NDArray> passCounts;
  private final List<ShardRouting> shards = new ArrayList<>();
  private long tokens;

  /**
   * A layer's sums over tokens.
   *
   * @param tokensPerExpert [E] 64-bit integers: number of tokens routed to each expert
   * @param probabilities [E] probabilities of each expert
   * @param squares squares of the log-sum-exp of the router's logits, a scalar
   */
  private record RouterSums(NDArray tokensPerExpert, NDArray probabilities, NDArray squares) {
    Stream<NDArray> all() {
      return Stream.of(tokensPerExpert, probabilities, squares);
    }
  }

  /**
   * What a layer's backward pass needs to add the gradients of the router losses.
   *
   * @param tokensPerExpert [E] number of tokens routed to each expert
   * @param balancing coefficient of the sum, over experts and tokens, of that number times the
   *     token's probability of the expert
   * @param z coefficient of the sum, over tokens, of the squared log-sum-exp of the router's logits
   */
  public record RouterLossTerms(NDArray tokensPerExpert, double balancing, double z) {}

  /** The TorchScript functions that routing calls. */
  private record RoutingFunctions(TorchScript script, ForeachFunctions foreach) {
    void addPass(
        RouterSums sums, NDArray passCounts, NDArray probabilities, NDArray logSumExponentials) {
      script.call(
          "add_pass",
          sums.tokensPerExpert(),
          sums.probabilities(),
          sums.squares(),
          passCounts,
          probabilities,
          logSumExponentials);
    }
  }

  /**
   * Creates the sums, initialized to zero.
   *
   * @param manager owner of the sums
   */
  public Routing(ModelConfiguration model, BalancingSpec balancing, NDManager manager) {
    switch (model.mlp()) {
      case DenseShape _ -> {
        this.layers = 0;
        this.experts = 0;
        this.expertsPerToken = 0;
      }
      case ExpertsShape shape -> {
        this.layers = model.layers();
        this.experts = shape.experts();
        this.expertsPerToken = shape.expertsPerToken();
      }
    }
    this.balancing = balancing;
    this.manager = manager;
    this.functions =
        new RoutingFunctions(
            TorchScript.load(manager, Routing.class, "routing.torchscript"),
            ForeachFunctions.load(manager));
    this.step = newSums();
    this.passCounts =
        step.stream()
            .map(sums -> manager.zeros(sums.tokensPerExpert().getShape(), DataType.INT64))
            .toList();
  }

  private List<RouterSums> newSums() {
    Shape shape = new Shape(experts);
    return IntStream.range(0, layers)
        .mapToObj(
            _ ->
                new RouterSums(
                    manager.zeros(shape, DataType.INT64),
                    manager.zeros(shape),
                    manager.zeros(new Shape())))
        .toList();
  }

  /** The sums of one micro-batch shard. Not thread-safe. */
  public final class ShardRouting {

    private final List<RouterSums> passSums = newSums();

    private ShardRouting() {}

    public void beginPass() {
      functions.foreach().zero(all(passSums));
    }

    /**
     * Adds a layer's forward pass.
     *
     * @param tokensPerExpert [E] number of the shard's tokens routed to each expert
     * @param probabilities [T, E]
     * @param logSumExponentials [T, 1] log-sum-exp of the router's logits
     */
    public void add(
        int layer, NDArray tokensPerExpert, NDArray probabilities, NDArray logSumExponentials) {
      functions.addPass(passSums.get(layer), tokensPerExpert, probabilities, logSumExponentials);
    }
  }

  /** Creates the sums of another micro-batch shard. */
  public ShardRouting newShard() {
    ShardRouting shard = new ShardRouting();
    shards.add(shard);
    return shard;
  }

  public void beginStep() {
    tokens = 0;
    functions.foreach().zero(all(step));
  }

  /**
   * Begins a pass over a micro-batch.
   *
   * @param passTokens number of tokens of all its shards
   */
  public void beginPass(int passTokens) {
    tokens += passTokens;
  }

  /** Adds the sums of the first {@code count} shards to those of the step. */
  public void endForward(int count) {
    if (step.isEmpty()) {
      return;
    }
    functions.foreach().zero(passCounts);
    for (ShardRouting shard : shards.subList(0, count)) {
      functions
          .foreach()
          .add(passCounts, shard.passSums.stream().map(RouterSums::tokensPerExpert).toList());
      functions.foreach().add(all(step), all(shard.passSums));
    }
  }

  private static List<NDArray> all(List<RouterSums> layers) {
    return layers.stream().flatMap(RouterSums::all).toList();
  }

  /**
   * Returns what a layer's backward pass needs to add the gradients of the router losses.
   *
   * @param passTokens number of tokens of all shards of the micro-batch
   * @param weight weight of one token in the step's loss
   */
  public RouterLossTerms lossTerms(int layer, int passTokens, double weight) {
    boolean whole = balancing.scope() == BalancingScope.GLOBAL_BATCH;
    double choices = (double) expertsPerToken * (whole ? tokens : passTokens);
    double perToken = weight / layers;
    return new RouterLossTerms(
        whole ? step.get(layer).tokensPerExpert() : passCounts.get(layer),
        balancing.coefficient() * experts * perToken / choices,
        balancing.zCoefficient() * perToken);
  }

  /** Returns the statistics of each layer of experts over the step so far; waits for the device. */
  public List<RouterStatistics> measure() {
    return step.stream().map(this::measure).toList();
  }

  private RouterStatistics measure(RouterSums sums) {
    long[] counts = sums.tokensPerExpert().toLongArray();
    float[] probabilities = sums.probabilities().toFloatArray();
    double choices = (double) tokens * expertsPerToken;
    double balance = 0;
    long largest = 0;
    for (int e = 0; e < counts.length; e++) {
      balance += counts[e] / choices * (probabilities[e] / tokens);
      largest = Math.max(largest, counts[e]);
    }
    return new RouterStatistics(
        balance * counts.length,
        sums.squares().getFloat() / tokens,
        largest * counts.length / choices);
  }
}
