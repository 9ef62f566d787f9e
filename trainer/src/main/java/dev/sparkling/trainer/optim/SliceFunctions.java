package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.trainer.torch.TorchScript;

/** The functions of slices.torchscript. */
final class SliceFunctions {

  private final TorchScript script;

  /**
   * Compiles the functions.
   *
   * @param manager owner of the compiled functions
   */
  SliceFunctions(NDManager manager) {
    this.script = TorchScript.load(manager, SliceFunctions.class, "slices.torchscript");
  }

  /** Returns a view of a slice. */
  NDArray view(NDArray whole, ParameterSlice slice, NDManager results) {
    return script.callForTensor(results, "view", whole, slice.starts(), slice.lengths());
  }

  /** Copies a slice. */
  NDArray copy(NDArray whole, ParameterSlice slice, NDManager results) {
    return script.callForTensor(results, "copy", whole, slice.starts(), slice.lengths());
  }

  /**
   * Sets a slice to {@code before + share * (slice - before)}.
   *
   * @param before values of the slice before the update; overwritten
   */
  void interpolate(NDArray whole, NDArray before, ParameterSlice slice, double share) {
    script.call("interpolate", whole, before, slice.starts(), slice.lengths(), share);
  }
}
