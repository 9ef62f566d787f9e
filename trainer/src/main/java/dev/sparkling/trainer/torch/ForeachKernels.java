package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Operators on lists of tensors, with one call into libtorch per list, like PyTorch's {@code
 * torch._foreach_*}.
 */
public final class ForeachKernels {

  private final TorchScript script;

  private ForeachKernels(TorchScript script) {
    this.script = script;
  }

  /**
   * Compiles the operators.
   *
   * @param manager owner of the module
   */
  public static ForeachKernels load(NDManager manager) {
    return new ForeachKernels(
        TorchScript.load(manager, ForeachKernels.class, "foreach.torchscript"));
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
   * @param tensors tensors, at least one, all on one device
   * @param manager owner of intermediate results
   */
  public float[] norms(List<NDArray> tensors, NDManager manager) {
    try (NDArray norms = script.callForTensor(manager, "norms", tensors)) {
      return norms.toFloatArray();
    }
  }
}
