package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.pipeline.plan.TrainingMemory;
import dev.sparkling.trainer.model.Lane.Forward;
import dev.sparkling.trainer.torch.SideBySide;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;

/**
 * Forward and backward passes that add up the gradients of a step. On a CPU two lanes, each with
 * half of the threads, take half of a micro-batch's sequences each: they wait for each other once
 * between the passes, and threads that share each of some thousand operations wait for each other
 * at every one of them.
 */
public final class GradientPasses implements AutoCloseable {

  private final Transformer transformer;
  private final TorchScript kernels;
  private final Weights<NDArray> gradients;
  private final NDManager manager;
  private final Routing routing;
  private final SideBySide sides;
  private final List<Lane> lanes = new ArrayList<>();

  /**
   * Prepares; lanes' own gradients take no memory before they are needed.
   *
   * @param gradients of a step, which its end leaves there; what they hold before is of no account
   * @param threads that libtorch has
   * @param manager owns what lanes need; each pass opens a scope below it
   */
  public GradientPasses(
      Transformer transformer, Weights<NDArray> gradients, int threads, NDManager manager) {
    this.transformer = transformer;
    this.kernels = transformer.kernels();
    this.gradients = gradients;
    this.manager = manager;
    this.sides = new SideBySide(threads);
    this.routing =
        new Routing(transformer.model(), transformer.settings().balancing(), kernels, manager);
  }

  /** Where the tokens went since {@link #beginStep}. */
  public Routing routing() {
    return routing;
  }

  /** Begins an optimizer step: gradients and counts of tokens are those of its passes. */
  public void beginStep() {
    routing.clear();
    lanes.forEach(Lane::beginStep);
  }

  /**
   * The loss of a micro-batch, summed over its tokens, in nats; adds its gradients, times {@code
   * weight}, to those of the step. A weight of 1 over all tokens of a step makes them the gradients
   * of the step's mean loss. The router's loss adds to the gradients and not to what is returned.
   *
   * @param results owns the loss, a scalar
   */
  public NDArray lossAndGradients(
      Weights<NDArray> weights, Batch batch, double weight, NDManager results) {
    int tokens = batch.tokens().length;
    try (NDManager scope = manager.newSubManager()) {
      List<Batch> shares = batch.shares(sides.count(batch.sequences(), manager));
      while (lanes.size() < shares.size()) {
        lanes.add(newLane(shares.size()));
      }
      routing.begin(tokens);
      List<Forward> forwards =
          sides.run(
              shares.size(),
              i -> lanes.get(i).forward(weights, shares.get(i), weight, scope.newSubManager()));
      routing.endForward(shares.size());
      List<NDArray> losses =
          sides.run(
              shares.size(),
              i -> {
                lanes.get(i).backward(weights, forwards.get(i), routing, tokens, weight);
                return forwards.get(i).loss();
              });
      return losses.stream().reduce(results.zeros(new Shape()), NDArray::add);
    }
  }

  /** Adds up the lanes' gradients; after this the step's are complete. */
  public void endStep() {
    for (Lane lane : lanes.subList(1, lanes.size())) {
      if (lane.hasBegun()) {
        try (NDManager scope = manager.newSubManager()) {
          kernels.call(
              scope, "add_all", new NDList(gradients.all()), new NDList(lane.gradients().all()));
        }
      }
    }
  }

  @Override
  public void close() {
    sides.close();
  }

  /** One of a number of lanes, which share what attention may keep. */
  private Lane newLane(int count) {
    Weights<NDArray> own =
        lanes.isEmpty() ? gradients : gradients.map(like -> manager.zeros(like.getShape()));
    return new Lane(
        transformer,
        transformer.passes(TrainingMemory.KEPT_ATTENTION / count),
        routing.newShare(),
        own);
  }
}
