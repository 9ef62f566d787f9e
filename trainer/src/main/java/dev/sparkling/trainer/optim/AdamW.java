package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.pipeline.spec.OptimizerSpec;
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;

/**
 * AdamW on arrays that the caller owns. A parameter with one block takes PyTorch's fused pass; one
 * with several is updated box by box, each at its block's rate. The number of steps for the bias
 * correction is the run's: an expansion does not reset it (method.md 3).
 */
public final class AdamW {

  private final OptimizerSpec spec;
  private final NDManager manager;
  private final TorchScript kernels;
  private final List<Slot> whole = new ArrayList<>();
  private final List<Slot> divided = new ArrayList<>();

  /**
   * What belongs to one parameter.
   *
   * @param first and
   * @param second moments, zero before the first step
   */
  public record State(
      Parameter parameter, NDArray value, NDArray gradient, NDArray first, NDArray second) {}

  private record Slot(State state, List<Strip> strips) {}

  /**
   * Prepares for parameters of a model in a state.
   *
   * @param manager owns the operators
   */
  public AdamW(
      OptimizerSpec spec, List<State> states, TrainerState trainerState, NDManager manager) {
    this.spec = spec;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, AdamW.class, "adamw.torchscript");
    for (State state : states) {
      List<Strip> strips = Strip.of(state.parameter(), trainerState);
      (strips.size() == 1 ? whole : divided).add(new Slot(state, strips));
    }
  }

  /** Makes all gradients zero. */
  public void zeroGradients() {
    try (NDManager scope = manager.newSubManager()) {
      kernels.call(scope, "zero", all(State::gradient, both()));
    }
  }

  /**
   * Updates all parameters and moments from the gradients.
   *
   * @param step counted from 1 over the whole run
   * @param rates of the blocks
   */
  public void update(long step, List<Double> rates) {
    double beta1 = spec.betas().get(0);
    double beta2 = spec.betas().get(1);
    try (NDManager scope = manager.newSubManager()) {
      if (!whole.isEmpty()) {
        kernels.call(
            scope,
            "update",
            all(State::value, whole),
            all(State::gradient, whole),
            all(State::first, whole),
            all(State::second, whole),
            scope.create((float) step),
            rates.getFirst(),
            beta1,
            beta2,
            spec.eps(),
            spec.weightDecay());
      }
      for (Slot slot : divided) {
        for (Strip strip : slot.strips()) {
          kernels.call(
              scope,
              "update_box",
              slot.state().value(),
              slot.state().gradient(),
              slot.state().first(),
              slot.state().second(),
              strip.starts(),
              strip.lengths(),
              step,
              rates.get(strip.block()),
              beta1,
              beta2,
              spec.eps(),
              spec.weightDecay());
        }
      }
    }
  }

  private List<Slot> both() {
    List<Slot> both = new ArrayList<>(whole);
    both.addAll(divided);
    return both;
  }

  private static NDList all(java.util.function.Function<State, NDArray> part, List<Slot> slots) {
    return new NDList(slots.stream().map(slot -> part.apply(slot.state())).toArray(NDArray[]::new));
  }
}
