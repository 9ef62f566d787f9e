package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * The functions of foreach.torchscript, each of which processes a list of tensors in one call into
 * libtorch, like PyTorch's {@code torch._foreach_*}.
 */
public final class ForeachFunctions {

  private final TorchScript script;

  private ForeachFunctions(TorchScript script) {
    this.script = script;
  }

  /**
   * Compiles the functions.
   *
   * @param manager owner of the compiled functions
   */
  public static ForeachFunctions load(NDManager manager) {
    return new ForeachFunctions(
        TorchScript.load(manager, ForeachFunctions.class, "foreach.torchscript"));
  }

  /** Sets all elements of all tensors to zero, in place. */
  public void zero(List<NDArray> tensors) {
    script.call("zero", tensors);
  }

  /** Adds each tensor of the second list to the one at the same index of the first, in place. */
  public void add(List<NDArray> sums, List<NDArray> addends) {
    script.call("add", sums, addends);
  }

  /** Overwrites each target with its source, converted to the target's format and device. */
  public void copy(List<NDArray> targets, List<NDArray> sources) {
    script.call("copy", targets, sources);
  }

  /**
   * Copies tensors, rounded to bfloat16. (DJL's own {@code toType} ends the process: its native
   * code does not know the format.)
   *
   * @param results owner of the copies
   */
  public List<NDArray> toBfloat16(List<NDArray> tensors, NDManager results) {
    return script.callForTensors(results, "to_bfloat16", tensors);
  }

  /**
   * Computes the L2 norm of each tensor, and waits for the device.
   *
   * @param tensors at least one tensor, all on one device
   * @param manager owner of intermediate results
   */
  public float[] norms(List<NDArray> tensors, NDManager manager) {
    try (NDArray norms = script.callForTensor(manager, "norms", tensors)) {
      return norms.toFloatArray();
    }
  }
}
