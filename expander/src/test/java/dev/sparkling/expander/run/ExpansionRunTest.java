package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExpansionRunTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String FROM = "narrow/checkpoints/step-00000010";
  private static final String TO = "wide/expansion";

  private final ObjectStore store = new InMemoryObjectStore();

  @BeforeEach
  void writeNarrowCheckpoint() {
    TestTensors.write(store, FROM, MODEL, TestTensors.state(MODEL, 10), 1);
  }

  @Test
  void everyOldStateEntryIsUntouchedAndEveryNewOneIsZero() {
    assertOldStateIsUntouchedAndNewStateZero();
  }

  @Test
  void muonsMomentaAndAdamWsMomentsOfTheRestAreWidenedTheSameWay() {
    TestTensors.write(store, FROM, MODEL, OptimizerType.MUON, TestTensors.state(MODEL, 10), 1);
    assertOldStateIsUntouchedAndNewStateZero();
    assertThat(CheckpointReader.open(store, TO).tensors(FileKind.OPTIMIZER))
        .extracting(TensorSpec::name)
        .contains(
            "model.layers.0.mlp.experts.2.up_proj.weight.momentum_buffer",
            "model.embed_tokens.weight.exp_avg_sq")
        .doesNotContain("model.layers.0.mlp.experts.2.up_proj.weight.exp_avg");
  }

  private void assertOldStateIsUntouchedAndNewStateZero() {
    expand(20, 9);
    Map<String, float[]> old =
        TestTensors.values(CheckpointReader.open(store, FROM), FileKind.OPTIMIZER);
    CheckpointReader wide = CheckpointReader.open(store, TO);
    Map<String, float[]> widened = TestTensors.values(wide, FileKind.OPTIMIZER);
    for (TensorSpec tensor : CheckpointReader.open(store, FROM).tensors(FileKind.OPTIMIZER)) {
      TensorSpec newTensor = spec(wide, FileKind.OPTIMIZER, tensor.name());
      int columns = columns(tensor);
      int newColumns = columns(newTensor);
      float[] before = values(old, tensor);
      float[] after = values(widened, tensor);
      for (int i = 0; i < after.length; i++) {
        int row = i / newColumns;
        int column = i % newColumns;
        boolean isOld = row < before.length / columns && column < columns;
        float expected = isOld ? before[row * columns + column] : 0;
        assertThat(after[i]).as(tensor.name() + " " + i).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyOldWeightIsTheFactorTimesItself() {
    ExpansionReport report = expand(16, 12);
    Map<String, float[]> old =
        TestTensors.values(CheckpointReader.open(store, FROM), FileKind.MODEL);
    CheckpointReader wide = CheckpointReader.open(store, TO);
    Map<String, float[]> widened = TestTensors.values(wide, FileKind.MODEL);
    for (TensorSpec tensor : CheckpointReader.open(store, FROM).tensors(FileKind.MODEL)) {
      TensorReport entry =
          report.tensors().stream()
              .filter(t -> t.name().equals(tensor.name()))
              .findFirst()
              .orElseThrow();
      float[] before = values(old, tensor);
      float[] after = values(widened, tensor);
      int newColumns = columns(spec(wide, FileKind.MODEL, tensor.name()));
      for (int i = 0; i < before.length; i++) {
        int at = i / columns(tensor) * newColumns + i % columns(tensor);
        assertThat(after[at]).as(tensor.name()).isEqualTo(before[i] * (float) entry.factor());
      }
    }
  }

  @Test
  void trainerStateKeepsStepAndTokensAndRecordsTheExpansion() {
    expand(16, 6);
    TrainerState before = CheckpointReader.open(store, FROM).state().orElseThrow();
    TrainerState after = CheckpointReader.open(store, TO).state().orElseThrow();
    assertThat(after.step()).isEqualTo(before.step());
    assertThat(after.tokens()).isEqualTo(before.tokens());
    assertThat(after.initialWidths()).isEqualTo(new Widths(8, 6));
    assertThat(after.widths()).isEqualTo(new Widths(16, 6));
    assertThat(after.expansions())
        .containsExactly(
            new ExpansionRecord(
                10,
                new Widths(16, 6),
                Initialization.COPY_COPY,
                OptimizerStateStrategy.ASYMMETRIC,
                1.5,
                40));
  }

  @Test
  void secondExpansionAddsToTheFirst() {
    expand(16, 6);
    ExpansionRun.run(at(TO), at("wider/expansion"), spec(16, 24));
    TrainerState state = CheckpointReader.open(store, "wider/expansion").state().orElseThrow();
    assertThat(state.initialWidths()).isEqualTo(new Widths(8, 6));
    assertThat(state.expansions())
        .extracting(ExpansionRecord::widths)
        .containsExactly(new Widths(16, 6), new Widths(16, 24));
  }

  @Test
  void sameExpansionGivesTheSameBytes() {
    expand(16, 12);
    ExpansionRun.run(at(FROM), at("again"), spec(16, 12));
    assertThat(CheckpointReader.open(store, "again").manifest())
        .isEqualTo(CheckpointReader.open(store, TO).manifest());
  }

  @Test
  void reportNamesEveryTensorWithItsFactor() throws IOException {
    expand(16, 12);
    JsonNode report =
        new ObjectMapper().readTree(store.readAll(store.get(TO + "/expansion-report.json")));
    assertThat(report.path("tensors")).hasSize(3 * 38);
    assertThat(report.path("initialization").asText()).isEqualTo("copy-copy");
    assertThat(report.path("logitScale").asDouble()).isEqualTo(0.5);
    assertThat(report.path("newParameters").asLong())
        .isEqualTo(
            CheckpointReader.open(store, TO).tensors(FileKind.MODEL).stream()
                .mapToLong(TensorSpec::elements)
                .sum());
    JsonNode query =
        report
            .path("tensors")
            .valueStream()
            .filter(t -> t.path("name").asText().endsWith("0.self_attn.q_proj.weight"))
            .findFirst()
            .orElseThrow();
    assertThat(query.path("factor").asDouble()).isEqualTo(0.5);
    // Twice as many squares in another order: the sums differ by rounding only.
    assertThat(query.path("newRms").asDouble())
        .isCloseTo(query.path("rms").asDouble() / 2, within(1e-12));
  }

  @Test
  void widthsThatDoNotGrowAreNamedAndNothingIsWritten() {
    assertThatThrownBy(() -> expand(4, 3))
        .isInstanceOf(UserError.class)
        .hasMessage(
            """
            hiddenSize: 4 is smaller than the checkpoint's 8; it may only grow
            innerSize: 3 is smaller than the checkpoint's 6; it may only grow""");
    assertThatThrownBy(() -> expand(8, 0))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "hiddenSize, innerSize: 8 and 6 are the checkpoint's already; one must be larger");
    assertThat(store.list(TO)).isEmpty();
  }

  @Test
  void messagesNameParametersAsTheCallerDoes() {
    ExpansionOptions options = ExpansionOptions.DEFAULT.withNames("spec."::concat);
    assertThatThrownBy(() -> ExpansionRun.run(at(FROM), at(TO), spec(4, 6), options))
        .hasMessage("spec.hiddenSize: 4 is smaller than the checkpoint's 8; it may only grow");
    assertThatThrownBy(
            () -> ExpansionRun.run(at(FROM), at(TO), spec(20, 9), options.withMemory(2000)))
        .hasMessageStartingWith("spec.memory: 0 MiB is too little");
  }

  /** The columns that are copied at 1.5x hold nearly all of each row, so the ratio grows. */
  @Test
  void aRatioBeyondTheToleranceIsAWarningInTheReport() {
    try (CheckpointWriter writer = new CheckpointWriter(store, FROM)) {
      writer.writeConfiguration(MODEL);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, unevenColumns(kind));
      }
      writer.commit(TestTensors.state(MODEL, 10));
    }
    ExpansionReport report = expand(12, 6);
    assertThat(report.warnings())
        .singleElement(as(STRING))
        .startsWith(
            "RMS(y)/RMS(x) of 2 widened matrices changes by a factor outside of the tolerance")
        .contains(": model.layers.0.self_attn.q_proj.weight by 1.265, model.layers.1.");
    assertThat(ExpansionReport.read(store, TO)).isEqualTo(report);
    CheckpointReader.open(store, TO).verify();
  }

  private static TensorSequence unevenColumns(FileKind kind) {
    Map<TensorSpec, float[]> values = new LinkedHashMap<>();
    try (TensorSequence all = TestTensors.random(MODEL, kind, 1)) {
      for (TensorSpec tensor : all.tensors()) {
        float[] entries = all.next().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < entries.length; i++) {
          entries[i] *= i % columns(tensor) < 4 ? 1 : 0.01f;
        }
        values.put(tensor, entries);
      }
    }
    return TestTensors.of(values);
  }

  @Test
  void naiveAtAWholeRatioIsAWarningInReportAndPreview() {
    ExpansionSpec spec = spec(16, 12, Initialization.NAIVE);
    List<String> warnings = ExpansionRun.run(at(FROM), at(TO), spec).warnings();
    assertThat(warnings)
        .singleElement(as(STRING))
        .startsWith("initialization: naive gives the same tensors as");
    assertThat(ExpansionRun.preview(at(FROM), spec, ExpansionOptions.DEFAULT).warnings())
        .isEqualTo(warnings);
  }

  @Test
  void filesOfOtherNamesInTheTargetAreRefusedAndStay() {
    store.write(TO + "/notes.txt", new byte[] {1});
    assertThatThrownBy(() -> expand(16, 6))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "memory:wide/expansion: holds notes.txt, which does not belong to a checkpoint; an empty"
                + " folder is needed");
    assertThat(store.list(TO)).hasSize(1);
  }

  @Test
  void rowsThatNeedMoreMemoryThanIsAllowedAreNamedBeforeAnythingIsWritten() {
    ExpansionOptions little = ExpansionOptions.DEFAULT.withMemory(2000);
    assertThatThrownBy(() -> ExpansionRun.run(at(FROM), at(TO), spec(20, 9), little))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "memory: 0 MiB is too little for the rows of this model; at least 1 MiB is needed");
    assertThat(store.list(TO)).isEmpty();
  }

  @Test
  void modelThatDivergedIsNotWidened() {
    String from = "diverged";
    try (CheckpointWriter writer = new CheckpointWriter(store, from)) {
      writer.writeConfiguration(MODEL);
      for (FileKind kind : FileKind.values()) {
        Map<TensorSpec, float[]> values = new LinkedHashMap<>();
        try (TensorSequence all = TestTensors.random(MODEL, kind, 1)) {
          for (TensorSpec tensor : all.tensors()) {
            float[] row = all.next().toArray(ValueLayout.JAVA_FLOAT);
            row[0] = tensor.name().equals("model.norm.weight") ? Float.NaN : row[0];
            values.put(tensor, row);
          }
        }
        writer.writeTensors(kind, TestTensors.of(values));
      }
      writer.commit(TestTensors.state(MODEL, 10));
    }
    assertThatThrownBy(() -> ExpansionRun.run(at(from), at(TO), spec(16, 6)))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "memory:diverged/model-00001-of-00001.safetensors: model.norm.weight holds values that are not finite; a model that"
                + " diverged cannot be widened, so train it with a lower learning rate");
    assertThat(store.list(TO)).isEmpty();
  }

  @Test
  void progressEndsAtAllBytes() {
    List<Long> told = new ArrayList<>();
    ExpansionRun.run(
        at(FROM),
        at(TO),
        spec(16, 6),
        ExpansionOptions.DEFAULT.with(
            () -> false,
            (bytes, all) -> {
              told.add(bytes);
              assertThat(bytes).isLessThanOrEqualTo(all);
            }));
    long written =
        Arrays.stream(FileKind.values())
            .flatMap(kind -> CheckpointReader.open(store, TO).tensors(kind).stream())
            .mapToLong(TensorSpec::bytes)
            .sum();
    assertThat(told).isSorted().hasSize(2);
    assertThat(told.getLast()).isEqualTo(written);
  }

  private ExpansionReport expand(int hiddenSize, int innerSize) {
    return ExpansionRun.run(at(FROM), at(TO), spec(hiddenSize, innerSize));
  }

  private CheckpointLocation at(String folder) {
    return new CheckpointLocation(store, folder);
  }

  private static ExpansionSpec spec(int hiddenSize, int innerSize) {
    return spec(hiddenSize, innerSize, Initialization.COPY_COPY);
  }

  private static ExpansionSpec spec(int hiddenSize, int innerSize, Initialization initialization) {
    return new ExpansionSpec(
        hiddenSize,
        innerSize,
        initialization,
        OptimizerStateStrategy.ASYMMETRIC,
        NormInitialization.COPY,
        BaselineSpec.DEFAULT,
        new RewarmupSpec(1.5, 40),
        0.05);
  }

  private static TensorSpec spec(CheckpointReader reader, FileKind kind, String name) {
    return reader.tensors(kind).stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static float[] values(Map<String, float[]> all, TensorSpec tensor) {
    float[] values = all.get(tensor.name());
    assertThat(values).as(tensor.name()).isNotNull();
    return values;
  }

  private static int columns(TensorSpec tensor) {
    return Math.toIntExact(tensor.shape().getLast());
  }
}
