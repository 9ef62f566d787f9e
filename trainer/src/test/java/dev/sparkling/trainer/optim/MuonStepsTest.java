package dev.sparkling.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader.Entry;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.state.ParameterState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of single matrices compared with PyTorch's: see bench/reference/make_fixtures.py. */
class MuonStepsTest {

  private static final OptimizerSpec SPEC =
      new OptimizerSpec(OptimizerType.MUON, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);
  private static final int STEPS = 3;
  private static final double RATE = 1e-2;

  /** Products are summed in another order; weights are about 1. */
  private static final Offset<Float> ROUNDING = Offset.offset(2e-6f);

  private final ObjectStore store =
      new FolderObjectStore(Path.of("src/test/resources/huggingface"));

  @ParameterizedTest
  @ValueSource(strings = {"wide", "tall", "square", "row", "rank-one"})
  void weightsAndMomentaOfThreeStepsMatchPyTorch(String name) {
    Entry before = entry(name + ".before");
    List<Long> sizes = before.tensor().shape();
    Shape shape = new Shape(sizes.get(0), sizes.get(1));
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray value = manager.create(values(before), shape);
      NDArray gradient = manager.zeros(shape);
      NDArray momentum = manager.zeros(shape);
      Parameter parameter =
          new Parameter(
              name,
              TensorRole.MATRIX,
              sizes,
              List.of(Axis.NONE, Axis.NONE),
              List.of(new PackedTensor(name, sizes, 0)));
      ParameterState state =
          new ParameterState(parameter, value, gradient, Map.of(Moment.MOMENTUM, momentum));
      TrainerState start =
          new TrainerState(0, 0, 1, 2, "", "", new Widths(1, 1), Map.of(), List.of());
      Optimizer optimizer = Optimizer.of(SPEC, List.of(state), start, manager);
      for (int step = 1; step <= STEPS; step++) {
        float[] given = values(entry(name + ".gradient." + step));
        gradient.muli(0).addi(manager.create(given, shape));
        optimizer.update(step, List.of(RATE), TestDecisions.update(manager));
        assertThat(value.toFloatArray())
            .as("weights of step " + step)
            .containsExactly(values(entry(name + ".weight." + step)), ROUNDING);
        assertThat(momentum.toFloatArray())
            .as("momentum of step " + step)
            .containsExactly(values(entry(name + ".momentum." + step)), ROUNDING);
      }
    }
  }

  private Entry entry(String tensor) {
    return SafetensorsReader.readHeader(store, fixture()).entries().stream()
        .filter(entry -> entry.tensor().name().equals(tensor))
        .findFirst()
        .orElseThrow();
  }

  private float[] values(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(entry.tensor().bytes())];
    store.read(fixture(), entry.offset(), MemorySegment.ofArray(bytes));
    return MemorySegment.ofArray(bytes).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  private StoredObject fixture() {
    return store.get("muon-steps.safetensors");
  }
}
