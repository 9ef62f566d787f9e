package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.trainer.model.ParameterState;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Gives each block of parameters its own rate. All that an update adds to a weight, decay too, is
 * proportional to the rate. So whole parameters are updated at the highest of the rates, and the
 * boxes of other blocks go back a share of the way afterwards.
 */
final class BlockRates {

  private final TorchScript kernels;
  private final List<Box> boxes = new ArrayList<>();

  private record Box(NDArray parameter, Strip strip) {}

  /** A box whose rate is not the highest, as it was before the update. */
  private record Slower(Box box, NDArray before) {}

  /**
   * Prepares.
   *
   * @param divided parameters that have several blocks
   * @param manager owns the operators
   */
  BlockRates(List<ParameterState> divided, TrainerState trainerState, NDManager manager) {
    this.kernels = TorchScript.load(manager, BlockRates.class, "blocks.torchscript");
    for (ParameterState state : divided) {
      for (Strip strip : Strip.of(state.parameter(), trainerState)) {
        boxes.add(new Box(state.value(), strip));
      }
    }
  }

  /** An update of whole parameters at one rate. */
  interface WholeUpdate {
    void at(double rate);
  }

  /** Updates at the rates of the blocks. */
  void update(List<Double> rates, NDManager scope, WholeUpdate whole) {
    double highest = Collections.max(rates);
    List<Slower> slower = new ArrayList<>();
    for (Box box : boxes) {
      Strip strip = box.strip();
      if (rates.get(strip.block()) < highest) {
        NDArray before =
            kernels
                .call(scope, "copy", box.parameter(), strip.starts(), strip.lengths())
                .singletonOrThrow();
        slower.add(new Slower(box, before));
      }
    }
    whole.at(highest);
    for (Slower moved : slower) {
      Strip strip = moved.box().strip();
      kernels.call(
          scope,
          "move",
          moved.box().parameter(),
          moved.before(),
          strip.starts(),
          strip.lengths(),
          rates.get(strip.block()) / highest);
    }
  }
}
