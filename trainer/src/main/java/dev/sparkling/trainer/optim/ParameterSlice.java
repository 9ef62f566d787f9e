package dev.sparkling.trainer.optim;

import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.trainer.model.layout.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A rectangular slice of a parameter whose entries all belong to one block. Block 0 has the entries
 * of the narrowest model. Block k has the entries that expansion k added: those within its widths
 * but outside the previous ones. If two axes grew, these form an L-shaped region, which two slices
 * cover.
 *
 * @param block index of the block and of its learning-rate curve
 * @param starts first index along each axis
 * @param lengths number of indices along each axis
 */
@SuppressWarnings("ArrayRecordComponent") // Passed to native code, never compared.
record ParameterSlice(int block, long[] starts, long[] lengths) {

  /** Returns slices that cover each entry of a parameter exactly once. */
  static List<ParameterSlice> of(Parameter parameter, TrainerState state) {
    List<long[]> sizes = new ArrayList<>();
    sizes.add(sizes(parameter, state.initialWidths()));
    state.expansions().forEach(expansion -> sizes.add(sizes(parameter, expansion.widths())));
    List<ParameterSlice> slices = new ArrayList<>();
    long[] origin = new long[parameter.shape().size()];
    slices.add(new ParameterSlice(0, origin, sizes.getFirst()));
    for (int block = 1; block < sizes.size(); block++) {
      addDifference(block, sizes.get(block - 1), sizes.get(block), slices);
    }
    return slices;
  }

  /** Returns the parameter's shape in a model of the given widths. */
  private static long[] sizes(Parameter parameter, Widths widths) {
    long[] sizes = new long[parameter.shape().size()];
    for (int i = 0; i < sizes.length; i++) {
      Axis axis = parameter.axes().get(i);
      sizes[i] =
          switch (axis) {
            case HIDDEN -> widths.hiddenSize();
            case INNER -> widths.innerSize();
            case VOCABULARY, HEADS, NONE -> parameter.shape().get(i);
          };
    }
    return sizes;
  }

  /**
   * Adds slices that cover the entries inside {@code outer} but outside {@code inner}. There is one
   * for each axis that grew: it spans the new indices of that axis, those of {@code inner} along
   * the axes before it, and those of {@code outer} along the axes after it.
   */
  private static void addDifference(
      int block, long[] inner, long[] outer, List<ParameterSlice> slices) {
    for (int axis = 0; axis < inner.length; axis++) {
      if (outer[axis] == inner[axis]) {
        continue;
      }
      long[] starts = new long[inner.length];
      long[] lengths = outer.clone();
      System.arraycopy(inner, 0, lengths, 0, axis);
      starts[axis] = inner[axis];
      lengths[axis] = outer[axis] - inner[axis];
      slices.add(new ParameterSlice(block, starts, lengths));
    }
  }

  @Override
  public String toString() {
    return "block " + block + " from " + Arrays.toString(starts) + ", " + Arrays.toString(lengths);
  }
}
