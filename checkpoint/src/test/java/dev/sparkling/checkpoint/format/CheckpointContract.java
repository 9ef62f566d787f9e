package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Behavior of checkpoints in any store; each store's test extends this. */
abstract class CheckpointContract {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String FOLDER = "narrow/checkpoints/step-00000010";

  private ObjectStore store;

  abstract ObjectStore open() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void writtenCheckpointIsReadBackWhole() {
    TrainerState state = TestTensors.state(MODEL, 10);
    Manifest manifest = TestTensors.write(store, FOLDER, MODEL, state, 1);
    CheckpointReader reader = CheckpointReader.open(store, FOLDER);
    assertThat(reader.manifest()).contains(manifest);
    assertThat(reader.model()).isEqualTo(MODEL);
    assertThat(reader.state()).contains(state);
    for (FileKind kind : FileKind.values()) {
      Map<String, float[]> expected = new LinkedHashMap<>();
      try (TensorSequence written = TestTensors.random(MODEL, kind, 1)) {
        for (TensorSpec tensor : written.tensors()) {
          expected.put(tensor.name(), written.next().toArray(ValueLayout.JAVA_FLOAT));
        }
      }
      assertThat(TestTensors.values(reader, kind)).usingRecursiveComparison().isEqualTo(expected);
    }
    reader.verify();
  }

  @Test
  void sameContentGivesTheSameBytes() {
    Manifest first = TestTensors.write(store, "a", MODEL, TestTensors.state(MODEL, 10), 1);
    Manifest second = TestTensors.write(store, "b", MODEL, TestTensors.state(MODEL, 10), 1);
    assertThat(first).isEqualTo(second);
  }

  @Test
  void largeCheckpointIsSplitIntoFilesWithAnIndex() {
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER, 2_000)) {
      writer.writeConfiguration(MODEL);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, TestTensors.random(MODEL, kind, 1));
      }
      writer.commit(TestTensors.state(MODEL, 10));
    }
    assertThat(store.list(FOLDER + "/model-")).hasSizeGreaterThan(5);
    CheckpointReader reader = CheckpointReader.open(store, FOLDER);
    reader.verify();
    assertThat(reader.tensors(FileKind.MODEL)).hasSize(38);
    String index =
        new String(
            store.readAll(store.get(FOLDER + "/model.safetensors.index.json")),
            StandardCharsets.UTF_8);
    assertThat(index).contains("\"model.norm.weight\" : \"model-000");
  }

  @Test
  void aFolderWithoutManifestIsNotACheckpoint() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    store.delete(FOLDER + "/manifest.json");
    assertThat(Checkpoints.exists(store, FOLDER)).isFalse();
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            store.location(FOLDER) + ": has no manifest.json, so it is not a complete checkpoint");
  }

  @Test
  void wrongDigestOfATensorFileIsFoundWhileItIsRead() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    String key = FOLDER + "/model-00001-of-00001.safetensors";
    flipLastBit(key);
    CheckpointReader reader = CheckpointReader.open(store, FOLDER);
    assertThatThrownBy(reader::verify)
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith(store.location(key) + ": SHA-256 is ")
        .hasMessageContaining("; the manifest says ");
  }

  @Test
  void wrongDigestOfASmallFileIsFoundAtOnce() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    String key = FOLDER + "/config.json";
    byte[] bytes = store.readAll(store.get(key));
    String changed = new String(bytes, StandardCharsets.UTF_8).replace("10000.0", "20000.0");
    store.write(key, changed.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith(store.location(key) + ": SHA-256 is ");
  }

  @Test
  void everyFileInTheManifestIsChecked() {
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER)) {
      writer.writeConfiguration(MODEL);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, TestTensors.random(MODEL, kind, 1));
      }
      writer.writeFile("expansion-report.json", new byte[] {'{', '}'});
      writer.commit(TestTensors.state(MODEL, 10));
    }
    for (String name :
        CheckpointReader.open(store, FOLDER).manifest().orElseThrow().files().keySet()) {
      String key = FOLDER + "/" + name;
      byte[] right = store.readAll(store.get(key));
      flipLastBit(key);
      assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER).verify())
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessageStartingWith(store.location(key) + ": SHA-256 is ");
      store.delete(key);
      assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessage(store.location(key) + ": is missing; the manifest names it");
      store.write(key, right);
    }
    CheckpointReader.open(store, FOLDER).verify();
  }

  @Test
  void truncatedTensorFileIsNamedWithBothSizes() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    String key = FOLDER + "/optimizer-00001-of-00001.safetensors";
    byte[] bytes = store.readAll(store.get(key));
    store.write(key, Arrays.copyOf(bytes, bytes.length - 3));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "%s: has %d bytes; the manifest says %d"
                .formatted(store.location(key), bytes.length - 3, bytes.length));
  }

  @Test
  void missingFileIsNamed() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    store.delete(FOLDER + "/optimizer-00001-of-00001.safetensors");
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageEndingWith("is missing; the manifest names it");
  }

  @Test
  void tensorOfAnotherShapeIsNamedWithBothShapes() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    ModelConfiguration wider = MODEL.widened(8, 12, 1);
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER)) {
      writer.writeConfiguration(wider);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, TestTensors.random(MODEL, kind, 1));
      }
      writer.commit(TestTensors.state(MODEL, 10));
    }
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("has shape [6, 8]; config.json implies [12, 8]");
  }

  @Test
  void muonKeepsOneMomentumOfEachMatrixAndAdamWsMomentsOfTheRest() {
    TestTensors.write(store, FOLDER, MODEL, OptimizerType.MUON, TestTensors.state(MODEL, 10), 1);
    CheckpointReader reader = CheckpointReader.open(store, FOLDER);
    reader.verify();
    assertThat(reader.tensors(FileKind.OPTIMIZER).stream().map(TensorSpec::name))
        .contains(
            "model.layers.0.self_attn.q_proj.weight.momentum_buffer",
            "model.embed_tokens.weight.exp_avg",
            "model.embed_tokens.weight.exp_avg_sq",
            "model.norm.weight.exp_avg")
        .doesNotContain(
            "model.layers.0.self_attn.q_proj.weight.exp_avg",
            "model.embed_tokens.weight.momentum_buffer",
            "model.norm.weight.momentum_buffer");
  }

  /** A trainer has no place for such state, so the reader must detect it. */
  @Test
  void aMomentumOfANormOrOfOneMatrixIsDamage() {
    String matrix = "model.layers.0.self_attn.q_proj.weight";
    writeMixed(name -> name.startsWith("model.norm.weight"));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("model.norm.weight.momentum_buffer is not a tensor of this model");
    writeMixed(name -> name.startsWith(matrix));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining(".momentum_buffer is not a tensor of this model");
  }

  /** AdamW's checkpoint, in which chosen weights have a momentum instead. */
  private void writeMixed(Predicate<String> momentum) {
    Map<TensorSpec, float[]> state = new LinkedHashMap<>();
    for (TensorSpec tensor : TestTensors.random(MODEL, FileKind.OPTIMIZER, 1).tensors()) {
      float[] zeros = new float[Math.toIntExact(tensor.elements())];
      if (!momentum.test(tensor.name())) {
        state.put(tensor, zeros);
      } else if (tensor.name().endsWith(".exp_avg")) {
        String name = Moment.MOMENTUM.of(Moment.weight(tensor.name()));
        state.put(new TensorSpec(name, tensor.dtype(), tensor.shape()), zeros);
      }
    }
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER)) {
      writer.writeConfiguration(MODEL);
      writer.writeTensors(FileKind.MODEL, TestTensors.random(MODEL, FileKind.MODEL, 1));
      writer.writeTensors(FileKind.OPTIMIZER, TestTensors.of(state));
      writer.commit(TestTensors.state(MODEL, 10));
    }
  }

  @Test
  void missingAndUnknownTensorsAreErrors() {
    Map<TensorSpec, float[]> foreign = new LinkedHashMap<>();
    foreign.put(TensorSpec.of("model.vision.weight", DType.F32, 1), new float[1]);
    writeModelOnly(TestTensors.of(foreign));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("model.vision.weight is not a tensor of this model");

    Map<TensorSpec, float[]> few = new LinkedHashMap<>();
    few.put(TensorSpec.of("model.norm.weight", DType.F32, 8), new float[8]);
    writeModelOnly(TestTensors.of(few));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            store.location(FOLDER)
                + ": 37 tensors are missing, among them model.embed_tokens.weight");
  }

  @Test
  void manifestOfAnotherVersionIsRefused() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    String key = FOLDER + "/manifest.json";
    String text = new String(store.readAll(store.get(key)), StandardCharsets.UTF_8);
    store.write(
        key, text.replace("\"version\" : 3", "\"version\" : 1").getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> CheckpointReader.open(store, FOLDER))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            store.location(key)
                + ": format sparkling-checkpoint version 1;"
                + " this version reads sparkling-checkpoint version 3");
  }

  @Test
  void writerThatFailsLeavesNothing() {
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER)) {
      writer.writeConfiguration(MODEL);
      writer.writeTensors(FileKind.MODEL, TestTensors.random(MODEL, FileKind.MODEL, 1));
    }
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void writerRefusesAFolderWithFilesOfOtherNamesAndLeavesThemAlone() {
    for (String foreign : new String[] {"/notes.txt", "/sub/config.json", "/model.safetensors"}) {
      String folder = "folder-with" + foreign.replace('/', '-');
      store.write(folder + foreign, new byte[] {1});
      store.write(folder + "/config.json", new byte[] {2});
      assertThatThrownBy(() -> new CheckpointWriter(store, folder))
          .isInstanceOf(UserError.class)
          .hasMessage(
              store.location(folder)
                  + ": holds "
                  + foreign.substring(1)
                  + ", which does not belong to a checkpoint; an empty folder is needed");
      assertThat(store.list(folder + "/")).hasSize(2);
    }
  }

  @Test
  void deletionLeavesFilesOfOtherNamesAlone() {
    TestTensors.write(store, FOLDER, MODEL, TestTensors.state(MODEL, 10), 1);
    store.write(FOLDER + "/notes.txt", new byte[] {1});
    Checkpoints.delete(store, FOLDER);
    assertThat(store.list("")).extracting(StoredObject::key).containsExactly(FOLDER + "/notes.txt");
  }

  private void writeModelOnly(TensorSequence tensors) {
    try (CheckpointWriter writer = new CheckpointWriter(store, FOLDER)) {
      writer.writeConfiguration(MODEL);
      writer.writeTensors(FileKind.MODEL, tensors);
      writer.commit(TestTensors.state(MODEL, 10));
    }
  }

  private void flipLastBit(String key) {
    StoredObject object = store.get(key);
    byte[] bytes = store.readAll(object);
    bytes[bytes.length - 1] ^= 1;
    store.write(key, bytes);
  }
}
