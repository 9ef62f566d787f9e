package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.trainer.model.state.ParameterState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Updates parameters that have several blocks, each block at its own learning rate. An update,
 * including weight decay, is linear in the rate. So whole parameters are updated at the highest
 * rate, and the slices of blocks with lower rates are then interpolated back towards their old
 * values.
 */
final class BlockRates {

  private final SliceFunctions functions;
  private final List<SlicedValue> slices = new ArrayList<>();

  private record SlicedValue(NDArray parameter, ParameterSlice slice) {}

  /** A slice whose rate is below the highest, with its values before the update. */
  private record LowerRateSlice(SlicedValue sliced, NDArray before) {}

  /**
   * Divides parameters into slices.
   *
   * @param parameters parameters that have several blocks
   * @param manager owner of the compiled functions
   */
  BlockRates(List<ParameterState> parameters, TrainerState trainerState, NDManager manager) {
    this.functions = new SliceFunctions(manager);
    for (ParameterState state : parameters) {
      for (ParameterSlice slice : ParameterSlice.of(state.parameter(), trainerState)) {
        slices.add(new SlicedValue(state.value(), slice));
      }
    }
  }

  /** An update of whole parameters at one rate. */
  interface WholeUpdate {
    void at(double rate);
  }

  /**
   * Updates each block at its own rate.
   *
   * @param rates learning rate of each block
   * @param scope owner of temporary copies
   * @param whole updates the same parameters, each as a whole
   */
  void update(List<Double> rates, NDManager scope, WholeUpdate whole) {
    double highest = Collections.max(rates);
    List<LowerRateSlice> lower = new ArrayList<>();
    for (SlicedValue sliced : slices) {
      if (rates.get(sliced.slice().block()) < highest) {
        NDArray before = functions.copy(sliced.parameter(), sliced.slice(), scope);
        lower.add(new LowerRateSlice(sliced, before));
      }
    }
    whole.at(highest);
    for (LowerRateSlice updated : lower) {
      ParameterSlice slice = updated.sliced().slice();
      double share = rates.get(slice.block()) / highest;
      functions.interpolate(updated.sliced().parameter(), updated.before(), slice, share);
    }
  }
}
