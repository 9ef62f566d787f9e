package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.pipeline.plan.TrainerMemoryContract;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.pass.MicroBatchShard.ForwardPass;
import dev.sparkling.trainer.model.routing.Routing;
import dev.sparkling.trainer.torch.Torch;
import dev.sparkling.trainer.torch.TwoWayExecutor;
import java.util.ArrayList;
import java.util.List;

/**
 * Forward and backward passes that accumulate the gradients of a step. On a CPU, two shards of a
 * micro-batch run at the same time, each with half of the threads and half of the sequences. The
 * shards synchronize only after each forward and backward pass, whereas threads that share each
 * operation synchronize several thousand times.
 */
public final class GradientPasses implements AutoCloseable {

  private final Transformer transformer;
  private final ParameterTree<NDArray> gradients;
  private final int threads;
  private final NDManager manager;
  private final Routing routing;
  private final TwoWayExecutor executor;
  private final List<MicroBatchShard> shards = new ArrayList<>();

  /**
   * Creates passes that add to the given gradients. The gradients of the second shard are allocated
   * on first use.
   *
   * @param gradients arrays for the sum over the passes of a step, complete after {@link #endStep};
   *     their values before a step are ignored
   * @param threads number of threads of each operation
   * @param manager owner of everything that outlives a pass; each pass opens a scope below it
   */
  public GradientPasses(
      Transformer transformer, ParameterTree<NDArray> gradients, int threads, NDManager manager) {
    this.transformer = transformer;
    this.gradients = gradients;
    this.threads = threads;
    this.manager = manager;
    this.executor = new TwoWayExecutor(threads);
    this.routing = new Routing(transformer.model(), transformer.settings().balancing(), manager);
  }

  /** Returns the routing statistics of the passes since {@link #beginStep}. */
  public Routing routing() {
    return routing;
  }

  /** Begins an optimizer step: later passes start new sums of gradients and routing statistics. */
  public void beginStep() {
    routing.beginStep();
    shards.forEach(MicroBatchShard::beginStep);
  }

  /**
   * Computes the loss of a micro-batch and adds its gradients, times {@code weight}, to those of
   * the step. If {@code weight} is 1 / (tokens of the step), they sum to the gradients of the mean
   * loss. The gradients of the router losses are added too; the returned loss does not include
   * these losses.
   *
   * @param results owner of the returned array
   * @return scalar loss in nats, summed over the micro-batch's tokens
   */
  public NDArray lossAndGradients(Batch batch, double weight, NDManager results) {
    int tokens = batch.tokens().length;
    try (NDManager scope = manager.newSubManager()) {
      List<Batch> parts = batch.split(shardCount(batch));
      while (shards.size() < parts.size()) {
        shards.add(newShard(parts.size()));
      }
      routing.beginPass(tokens);
      List<ForwardPass> forwards =
          executor.run(
              parts.size(),
              i -> shards.get(i).forward(parts.get(i), weight, scope.newSubManager()));
      routing.endForward(parts.size());
      List<NDArray> losses =
          executor.run(
              parts.size(),
              i -> {
                shards.get(i).backward(forwards.get(i), routing, tokens, weight);
                return forwards.get(i).loss();
              });
      return losses.stream().reduce(results.zeros(new Shape()), NDArray::add);
    }
  }

  /** Adds the gradients of the other shards to those of the step. */
  public void endStep() {
    for (MicroBatchShard shard : shards.subList(1, shards.size())) {
      if (shard.hasStarted()) {
        transformer.foreach().add(gradients.all(), shard.gradients().all());
      }
    }
  }

  @Override
  public void close() {
    executor.close();
  }

  private int shardCount(Batch batch) {
    return Torch.isOnHost(manager) ? TrainerMemoryContract.shards(batch.sequences(), threads) : 1;
  }

  /** The first shard accumulates into the step's gradients, the second one into its own. */
  private MicroBatchShard newShard(int count) {
    ParameterTree<NDArray> own =
        shards.isEmpty() ? gradients : gradients.map(like -> manager.zeros(like.getShape()));
    return new MicroBatchShard(transformer, count, routing.newShard(), own);
  }
}
