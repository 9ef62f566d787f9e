package dev.sparkling.trainer.model.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies to another device and back, with arrays that are on the host nevertheless. */
class DeviceTensorsTest {

  private static final long SEED = 3;

  private final NDManager manager = TestTorch.start().newManager();

  @AfterEach
  void freeMemory() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void valuesAreUnchangedAfterACopyToTheDeviceAndBack(boolean tied) {
    ModelState host = initialized(tied);
    ModelState device = DeviceStates.ofTraining(TestModels.moe(tied), manager);
    for (FileKind kind : FileKind.values()) {
      try (TensorSequence tensors = host.tensors(kind)) {
        device.load(tensors, "host");
      }
    }
    assertSame(host, device);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void newModelIsTheSameOnEveryDevice(boolean tied) {
    ModelState device = DeviceStates.ofTraining(TestModels.moe(tied), manager);
    device.initialize(SEED);
    assertSame(initialized(tied), device);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weightsAndMomentsAreCopiedFromTheHostAtOnce(boolean tied) {
    ModelState host = initialized(tied);
    host.parameters(host.weights())
        .forEach(state -> state.moments().values().forEach(moment -> moment.addi(state.value())));
    ModelState device = DeviceStates.ofTraining(TestModels.moe(tied), manager);
    device.copyFrom(host);
    assertSame(host, device);
  }

  private ModelState initialized(boolean tied) {
    ModelState host = ModelState.ofTraining(TestModels.moe(tied), OptimizerType.ADAMW, manager);
    host.initialize(SEED);
    return host;
  }

  private void assertSame(ModelState host, ModelState device) {
    assertThat(host.isOnHost()).isTrue();
    assertThat(device.isOnHost()).isFalse();
    assertThatThrownBy(() -> device.tensors(FileKind.MODEL))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must be copied to the host first");
    ModelState copy = device.newCopy(manager);
    copy.copyFrom(device);
    for (FileKind kind : FileKind.values()) {
      assertThat(values(copy, kind)).isEqualTo(values(host, kind));
    }
  }

  private static Map<String, String> values(ModelState state, FileKind kind) {
    Map<String, String> values = new LinkedHashMap<>();
    try (TensorSequence tensors = state.tensors(kind)) {
      for (var tensor : tensors.tensors()) {
        float[] all = tensors.next().toArray(ValueLayout.JAVA_FLOAT);
        values.put(tensor.name(), Arrays.toString(all));
      }
    }
    return values;
  }
}
