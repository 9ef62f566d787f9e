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
 * rate, and the slices of slower blocks are then interpolated back towards their old values.
 */
final class BlockRates {

  private final SliceKernels kernels;
  private final List<SlicedValue> slices = new ArrayList<>();

  private record SlicedValue(NDArray parameter, ParameterSlice slice) {}

  /** A slice whose rate is below the highest, with its values before the update. */
  private record SlowerSlice(SlicedValue sliced, NDArray before) {}

  /**
   * Creates the slices.
   *
   * @param parameters parameters that have several blocks
   * @param manager owner of the operators
   */
  BlockRates(List<ParameterState> parameters, TrainerState trainerState, NDManager manager) {
    this.kernels = new SliceKernels(manager);
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
   * Runs an update at the rates of the blocks.
   *
   * @param rates learning rate of each block
   * @param scope owner of temporary copies
   */
  void update(List<Double> rates, NDManager scope, WholeUpdate whole) {
    double highest = Collections.max(rates);
    List<SlowerSlice> slower = new ArrayList<>();
    for (SlicedValue sliced : slices) {
      if (rates.get(sliced.slice().block()) < highest) {
        NDArray before = kernels.copy(sliced.parameter(), sliced.slice(), scope);
        slower.add(new SlowerSlice(sliced, before));
      }
    }
    whole.at(highest);
    for (SlowerSlice moved : slower) {
      ParameterSlice slice = moved.sliced().slice();
      double share = rates.get(slice.block()) / highest;
      kernels.interpolate(moved.sliced().parameter(), moved.before(), slice, share);
    }
  }
}
