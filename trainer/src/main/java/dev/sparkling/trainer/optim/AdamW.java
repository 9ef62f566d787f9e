package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.trainer.model.ParameterState;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * AdamW on arrays that the caller owns, in PyTorch's fused pass. The number of steps for the bias
 * correction is the run's: an expansion does not reset it (method.md 3).
 */
public final class AdamW implements Optimizer {

  private final OptimizerSpec spec;
  private final NDManager manager;
  private final TorchScript kernels;
  private final List<ParameterState> whole = new ArrayList<>();
  private final List<ParameterState> divided = new ArrayList<>();
  private final BlockRates rates;

  /**
   * Prepares for parameters of a model in a state.
   *
   * @param manager owns the operators
   */
  public AdamW(
      OptimizerSpec spec,
      List<ParameterState> parameters,
      TrainerState trainerState,
      NDManager manager) {
    this.spec = spec;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, AdamW.class, "adamw.torchscript");
    for (ParameterState state : parameters) {
      boolean oneBlock = Strip.of(state.parameter(), trainerState).size() == 1;
      (oneBlock ? whole : divided).add(state);
    }
    this.rates = new BlockRates(divided, trainerState, manager);
  }

  @Override
  public void update(long step, List<Double> blockRates, Judgement judgement) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray steps = scope.create((float) step);
      update(whole, steps, blockRates.getFirst(), judgement, scope);
      rates.update(blockRates, scope, rate -> update(divided, steps, rate, judgement, scope));
    }
  }

  private void update(
      List<ParameterState> states,
      NDArray steps,
      double rate,
      Judgement judgement,
      NDManager scope) {
    if (states.isEmpty()) {
      return;
    }
    kernels.call(
        scope,
        "update",
        all(ParameterState::value, states),
        all(ParameterState::gradient, states),
        all(state -> state.moment(Moment.FIRST), states),
        all(state -> state.moment(Moment.SECOND), states),
        steps,
        judgement.divisor(),
        judgement.skip(),
        rate,
        spec.betas().get(0),
        spec.betas().get(1),
        spec.eps(),
        spec.weightDecay());
  }

  private static NDList all(Function<ParameterState, NDArray> part, List<ParameterState> states) {
    return new NDList(states.stream().map(part).toArray(NDArray[]::new));
  }
}
