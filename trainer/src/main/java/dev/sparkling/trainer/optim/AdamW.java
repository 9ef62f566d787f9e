package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.pipeline.spec.OptimizerSpec;
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * AdamW on arrays that the caller owns, in PyTorch's fused pass. A parameter with several blocks
 * takes it at the highest of their rates, and boxes of the other blocks then go back a share of the
 * way, which is what their own rate would have moved them: rate times decay and gradient is all
 * that an update is. The number of steps for the bias correction is the run's: an expansion does
 * not reset it (method.md 3).
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
  public void update(long step, List<Double> rates, Judgement judgement) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray steps = scope.create((float) step);
      updateWhole(whole, steps, rates.getFirst(), judgement, scope);
      double highest = Collections.max(rates);
      List<Moved> moved = copySlower(rates, highest, scope);
      updateWhole(divided, steps, highest, judgement, scope);
      for (Moved box : moved) {
        Strip strip = box.strip();
        kernels.call(
            scope,
            "move_box",
            box.parameter(),
            box.before(),
            strip.starts(),
            strip.lengths(),
            rates.get(strip.block()) / highest);
      }
    }
  }

  /** A box whose rate is below the one that its parameter is updated at. */
  private record Moved(NDArray parameter, NDArray before, Strip strip) {}

  private List<Moved> copySlower(List<Double> rates, double highest, NDManager scope) {
    List<Moved> moved = new ArrayList<>();
    for (Slot slot : divided) {
      for (Strip strip : slot.strips()) {
        if (rates.get(strip.block()) < highest) {
          NDArray parameter = slot.state().value();
          NDArray before =
              kernels
                  .call(scope, "copy_box", parameter, strip.starts(), strip.lengths())
                  .singletonOrThrow();
          moved.add(new Moved(parameter, before, strip));
        }
      }
    }
    return moved;
  }

  private void updateWhole(
      List<Slot> slots, NDArray steps, double rate, Judgement judgement, NDManager scope) {
    if (slots.isEmpty()) {
      return;
    }
    kernels.call(
        scope,
        "update",
        all(State::value, slots),
        all(State::gradient, slots),
        all(State::first, slots),
        all(State::second, slots),
        steps,
        judgement.divisor(),
        judgement.skip(),
        rate,
        spec.betas().get(0),
        spec.betas().get(1),
        spec.eps(),
        spec.weightDecay());
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
