package dev.sparkling.trainer.optim;

import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.trainer.model.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A box of a parameter whose entries all belong to one block. Block 0 is what the narrowest model
 * had; block k is what expansion k added: all that is inside of its widths and not of the widths
 * before. That is an L, which two boxes cover.
 *
 * @param block its index, and its curve's
 * @param starts first index of each axis
 * @param lengths of each axis
 */
@SuppressWarnings("ArrayRecordComponent") // Handed to native code as they are and never compared.
record Strip(int block, long[] starts, long[] lengths) {

  /** Boxes that cover the parameter, each entry once. */
  static List<Strip> of(Parameter parameter, TrainerState state) {
    List<long[]> corners = new ArrayList<>();
    corners.add(corner(parameter, state.initialWidths()));
    state.expansions().forEach(done -> corners.add(corner(parameter, done.widths())));
    List<Strip> strips = new ArrayList<>();
    long[] origin = new long[parameter.shape().size()];
    strips.add(new Strip(0, origin, corners.getFirst()));
    for (int block = 1; block < corners.size(); block++) {
      addDifference(block, corners.get(block - 1), corners.get(block), strips);
    }
    return strips;
  }

  /** Sizes of the parameter in a model of these widths. */
  private static long[] corner(Parameter parameter, Widths widths) {
    long[] corner = new long[parameter.shape().size()];
    for (int i = 0; i < corner.length; i++) {
      Axis axis = parameter.axes().get(i);
      corner[i] =
          switch (axis) {
            case HIDDEN -> widths.hiddenSize();
            case INNER -> widths.innerSize();
            case VOCABULARY, HEADS, NONE -> parameter.shape().get(i);
          };
    }
    return corner;
  }

  /**
   * Covers what is inside of {@code outer} and not of {@code inner}: along each axis in turn, the
   * part beyond {@code inner}, as far as {@code inner} along the axes before and {@code outer}
   * along those after.
   */
  private static void addDifference(int block, long[] inner, long[] outer, List<Strip> strips) {
    for (int axis = 0; axis < inner.length; axis++) {
      if (outer[axis] == inner[axis]) {
        continue;
      }
      long[] starts = new long[inner.length];
      long[] lengths = outer.clone();
      System.arraycopy(inner, 0, lengths, 0, axis);
      starts[axis] = inner[axis];
      lengths[axis] = outer[axis] - inner[axis];
      strips.add(new Strip(block, starts, lengths));
    }
  }

  @Override
  public String toString() {
    return "block " + block + " from " + Arrays.toString(starts) + ", " + Arrays.toString(lengths);
  }
}
