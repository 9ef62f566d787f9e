package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.trainer.model.state.ParameterState;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * AdamW, computed by PyTorch's fused AdamW operator. The bias correction counts the steps of the
 * whole run; an expansion does not reset it.
 */
public final class AdamW implements Optimizer {

  private final OptimizerSpec spec;
  private final NDManager manager;
  private final AdamWFunctions functions;
  private final List<ParameterState> undivided = new ArrayList<>();
  private final List<ParameterState> divided = new ArrayList<>();
  private final BlockRates rates;

  /** The function of adamw.torchscript. */
  private record AdamWFunctions(TorchScript script) {
    void update(
        List<ParameterState> states,
        NDArray steps,
        UpdateDecision decision,
        double rate,
        OptimizerSpec spec) {
      script.call(
          "update",
          arrays(ParameterState::value, states),
          arrays(ParameterState::gradient, states),
          arrays(state -> state.moment(Moment.FIRST), states),
          arrays(state -> state.moment(Moment.SECOND), states),
          steps,
          decision.divisor(),
          decision.skip(),
          rate,
          spec.betas().get(0),
          spec.betas().get(1),
          spec.eps(),
          spec.weightDecay());
    }

    private static List<NDArray> arrays(
        Function<ParameterState, NDArray> array, List<ParameterState> states) {
      return states.stream().map(array).toList();
    }
  }

  /**
   * Creates an optimizer that updates the given parameters.
   *
   * @param trainerState defines the parameters' blocks
   * @param manager owner of the compiled functions
   */
  public AdamW(
      OptimizerSpec spec,
      List<ParameterState> parameters,
      TrainerState trainerState,
      NDManager manager) {
    this.spec = spec;
    this.manager = manager;
    this.functions =
        new AdamWFunctions(TorchScript.load(manager, AdamW.class, "adamw.torchscript"));
    for (ParameterState state : parameters) {
      boolean oneBlock = ParameterSlice.of(state.parameter(), trainerState).size() == 1;
      (oneBlock ? undivided : divided).add(state);
    }
    this.rates = new BlockRates(divided, trainerState, manager);
  }

  @Override
  public void update(long step, List<Double> blockRates, UpdateDecision decision) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray steps = scope.create((float) step);
      update(undivided, steps, blockRates.getFirst(), decision);
      rates.update(blockRates, scope, rate -> update(divided, steps, rate, decision));
    }
  }

  private void update(
      List<ParameterState> states, NDArray steps, double rate, UpdateDecision decision) {
    if (!states.isEmpty()) {
      functions.update(states, steps, decision, rate, spec);
    }
  }
}
