package dev.sparkling.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A new row or column whose gradient is zero forever costs FLOPs and learns nothing: with SwiGLU,
 * {@code silu(0) * 0} has no gradient on either side. The models have hidden size 8 and inner size
 * 6 before the expansion.
 */
class NewBlocksLearnTest {

  private static final int LENGTH = 16;

  /** The side of a pair that starts at zero learns first; the other one step later. */
  private static final int STEPS = 3;

  static Stream<Arguments> cases() {
    return Stream.of(Initialization.values())
        .flatMap(
            initialization ->
                Stream.of(new int[] {12, 6}, new int[] {8, 9}, new int[] {12, 9})
                    .flatMap(
                        widths ->
                            Stream.of("moe", "dense")
                                .map(
                                    architecture ->
                                        Arguments.of(
                                            initialization, widths[0], widths[1], architecture))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyNewRowAndColumnReceivesAGradient(
      Initialization initialization, int hiddenSize, int innerSize, String architecture) {
    ModelConfiguration narrow =
        architecture.equals("moe") ? TestModels.moe(true) : TestModels.dense(false);
    Map<String, boolean[]> reached =
        train(ExpandedModel.of(narrow, hiddenSize, innerSize, initialization).wide());
    for (CatalogueTensor old : TensorCatalogue.of(narrow).tensors().values()) {
      boolean[] entries = Objects.requireNonNull(reached.get(old.name()));
      int rows = old.shape().size() == 1 ? 1 : Math.toIntExact(old.shape().getFirst());
      int columns = Math.toIntExact(old.shape().getLast());
      int newColumns = newColumns(old, hiddenSize, innerSize);
      for (int row = rows; row < entries.length / newColumns; row++) {
        assertReached(entries, row * newColumns, columns, 1, old.name() + " row " + row);
      }
      for (int column = columns; column < newColumns; column++) {
        assertReached(entries, column, rows, newColumns, old.name() + " column " + column);
      }
    }
  }

  private static void assertReached(
      boolean[] entries, int first, int count, int stride, String name) {
    boolean any = false;
    for (int i = 0; i < count; i++) {
      any |= entries[first + i * stride];
    }
    assertThat(any).as(name + " has had a gradient").isTrue();
  }

  /** Entries of each tensor whose first moment is not zero after some steps. */
  private static Map<String, boolean[]> train(CheckpointReader wide) {
    Map<String, boolean[]> reached = new LinkedHashMap<>();
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training =
          SmallTraining.of(wide, SmallTraining.training(LENGTH, "gradientClipping: 1"), manager);
      for (int step = 1; step <= STEPS; step++) {
        training.step(step, 0.01, batch(wide.model(), step));
      }
      try (TensorSequence moments = training.state().tensors(FileKind.OPTIMIZER)) {
        for (TensorSpec tensor : moments.tensors()) {
          float[] values = moments.next().toArray(ValueLayout.JAVA_FLOAT);
          String weight = Moment.weight(tensor.name());
          if (tensor.name().equals(Moment.FIRST.of(weight))) {
            boolean[] entries = new boolean[values.length];
            for (int i = 0; i < values.length; i++) {
              entries[i] = values[i] != 0;
            }
            reached.put(weight, entries);
          }
        }
      }
    }
    return reached;
  }

  private static int newColumns(CatalogueTensor tensor, int hiddenSize, int innerSize) {
    return switch (tensor.axes().getLast()) {
      case HIDDEN -> hiddenSize;
      case INNER -> innerSize;
      case VOCABULARY, HEADS, NONE -> Math.toIntExact(tensor.shape().getLast());
    };
  }

  private static Batch batch(ModelConfiguration model, long seed) {
    Random random = new Random(seed);
    long[] tokens = random.longs(3L * LENGTH, 0, model.vocabularySize()).toArray();
    long[] targets = random.longs(3L * LENGTH, 0, model.vocabularySize()).toArray();
    return new Batch(3, tokens, targets);
  }
}
