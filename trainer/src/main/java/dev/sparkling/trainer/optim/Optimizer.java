package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.trainer.model.state.ParameterState;
import java.util.List;

/** Updates parameters in place, each block of a parameter at its own rate. */
public sealed interface Optimizer permits AdamW, Muon {

  /**
   * Updates all parameters and their moments from the gradients.
   *
   * @param step number of the step, counted from 1 over the whole run
   * @param rates learning rate of each block
   */
  void update(long step, List<Double> rates, UpdateDecision decision);

  /**
   * Creates an optimizer of the spec's type.
   *
   * @param trainerState defines the parameters' blocks
   * @param manager owner of everything that the optimizer allocates
   */
  static Optimizer of(
      OptimizerSpec spec,
      List<ParameterState> parameters,
      TrainerState trainerState,
      NDManager manager) {
    return switch (spec.type()) {
      case ADAMW -> new AdamW(spec, parameters, trainerState, manager);
      case MUON -> new Muon(spec, parameters, trainerState, manager);
    };
  }
}
