package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.ModelConfigurationJson;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Any malformed file leads to one line that names it and says what is wrong. */
class HostileFilesTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);

  private final ObjectStore store = new InMemoryObjectStore();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "size" : 806     | "size" : -1         | files.config.json: size -1 is negative
          "size" : 806     | "size" : "many"     | files.config.json.size: is not a whole number in the range of its key
          "sha256" : "     | "sha256" : "x       | is not 64 lower-case hexadecimal digits
          "config.json"    | "../config.json"    | files: '../config.json' cannot be the name of a checkpoint's file
          "config.json"    | ".config.json"      | files: '.config.json' cannot be the name of a checkpoint's file
          "config.json"    | "manifest.json"     | files: 'manifest.json' cannot be the name of a checkpoint's file
          "config.json"    | "con\\u0000fig"   | cannot be the name of a checkpoint's file
          "step" : 10      | "step" : -10        | step -10 and tokens
          "step" : 10      | "step" : null       | step: is missing or null; a value is needed
          "step" : 10      | "step" : 10, "stop" : 10 | stop: unknown key; allowed: files, format, step, tokens, version
          "step" : 10,     | ` `                 | step: is missing or null; a value is needed
          "version" : 3    | "version" : 9       | format sparkling-checkpoint version 9
          {                | {{                  | line 1, column 2: Unexpected character
          """)
  void manifest(String right, String wrong, String problem) {
    TestTensors.write(store, "c", MODEL, TestTensors.state(MODEL, 10), 1);
    String text = text("c/manifest.json").replaceFirst("\"size\" : \\d+", "\"size\" : 806");
    assertProblem("c/manifest.json", text, right, wrong, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "threads" : 2          | "threads" : 0           | threads 0 not below 1
          "initialWidths" : {    | "initialWidths" : 1, "x" : { | initialWidths: is not an object
          "hiddenSize" : 8       | "hiddenSize" : 0        | initialWidths: widths 0 and 6 must be above 0
          "expansions" : [ ]     | "expansions" : [ null ] | holds null where a value is needed
          "expansions" : [ ]     | "expansions" : [ {"step":1,"widths":null,"initialization":"copy-copy","optimizerState":"asymmetric","norms":"copy","baseline":{"unevenShare":0.5,"perturbation":0.1,"signalToNoiseDecibels":10.0},"rewarmupRatio":1.5,"rewarmupSteps":2} ] | expansions[0].widths: is missing or null; a value is needed
          "expansions" : [ ]     | "expansions" : [ {"step":1,"widths":{"hiddenSize":4,"innerSize":6},"initialization":"copy-copy","optimizerState":"asymmetric","norms":"copy","baseline":{"unevenShare":0.5,"perturbation":0.1,"signalToNoiseDecibels":10.0},"rewarmupRatio":1.5,"rewarmupSteps":2} ] | shrink
          "expansions" : [ ]     | "expansions" : [ {"step":1,"widths":{"hiddenSize":16,"innerSize":6},"initialization":"copy-copy","optimizerState":"asymmetric","norms":"copy","baseline":{"unevenShare":0.5,"perturbation":0.1,"signalToNoiseDecibels":10.0},"rewarmupRatio":"Infinity","rewarmupSteps":2} ] | expansions[0].rewarmupRatio: is not a finite number
          "expansions" : [ ]     | "expansions" : [ {"step":1,"widths":{"hiddenSize":16,"innerSize":6},"initialization":"copy-copy","optimizerState":"asymmetric","norms":"copy","baseline":{"unevenShare":0.5,"perturbation":0.1,"signalToNoiseDecibels":10.0},"rewarmupRatio":1e999,"rewarmupSteps":2} ] | expansions[0].rewarmupRatio: is not a finite number
          """)
  void trainerState(String right, String wrong, String problem) {
    String text =
        new String(TestTensors.state(MODEL, 10).encode(), StandardCharsets.UTF_8)
            .replaceFirst("\"threads\" : \\d+", "\"threads\" : 2");
    assertThat(text).contains(right);
    byte[] bytes = text.replace(right, wrong).getBytes(StandardCharsets.UTF_8);
    assertOneLine(
        () -> TrainerState.decode("here", bytes), CorruptCheckpoint.class, "here: ", problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "num_experts_per_tok" : 2  | "num_experts_per_tok" : 100 | num_experts_per_tok: 100 is more than num_experts 3
          "num_hidden_layers" : 2    | "num_hidden_layers" : 2147483647 | num_hidden_layers: 2147483647 is outside of the whole numbers from 1 to 1024
          "hidden_size" : 8          | "hidden_size" : 2147483647  | hidden_size: 2147483647 is outside of
          "rms_norm_eps" : 1.0E-6    | "rms_norm_eps" : -1         | rms_norm_eps: -1 is not a finite number above 0
          "rms_norm_eps" : 1.0E-6    | "rms_norm_eps" : NaN        | is not JSON: line
          "max_position_embeddings" : 16 | "max_position_embeddings" : 0 | max_position_embeddings: 0 is outside of
          """)
  void configuration(String right, String wrong, String problem) {
    String text =
        new String(ModelConfigurationJson.encode(MODEL), StandardCharsets.UTF_8)
            .replaceFirst("\"max_position_embeddings\" : \\d+", "\"max_position_embeddings\" : 16");
    assertThat(text).contains(right);
    byte[] bytes = text.replace(right, wrong).getBytes(StandardCharsets.UTF_8);
    assertOneLine(
        () -> ModelConfigurationJson.decode("here", bytes),
        SparklingException.class,
        "here: ",
        problem);
  }

  @Test
  void configurationThatIsNotText() {
    byte[] bytes = {(byte) 0xff, (byte) 0xfe, '{'};
    assertOneLine(
        () -> ModelConfigurationJson.decode("here", bytes),
        CorruptCheckpoint.class,
        "here: is not JSON: ",
        "");
  }

  @Test
  void safetensorsHeaderInAnotherEncoding() {
    byte[] json = {'{', 0, 0, 0, (byte) 0xff, 0, 0, 0};
    store.write(
        "m.safetensors",
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(8).put(json).array());
    assertOneLine(
        () -> SafetensorsReader.readHeader(store, store.get("m.safetensors")),
        CorruptCheckpoint.class,
        "memory:m.safetensors: offset 8: ",
        "");
  }

  @Test
  void tensorNamesThatBreakLinesOrOverflowNumbers() {
    for (String name :
        new String[] {
          "a\\nb\\u001b[31m", "model.layers.99999999999999999999.mlp.experts.down_proj"
        }) {
      byte[] json =
          ("{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}")
              .getBytes(StandardCharsets.UTF_8);
      store.write("c/config.json", ModelConfigurationJson.encode(MODEL));
      store.write(
          "c/model.safetensors",
          ByteBuffer.allocate(8 + json.length + 4)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(json.length)
              .put(json)
              .array());
      assertOneLine(
          () -> CheckpointReader.openAny(store, "c"),
          CorruptCheckpoint.class,
          "memory:c/model.safetensors: ",
          " is not a tensor of this model");
    }
  }

  @Test
  void numbersThatAreNotFiniteAreNeverWritten() {
    assertThatThrownBy(() -> FormatJson.encode(new double[] {1}.clone()[0] / 0))
        .hasMessageContaining("Infinity is not a finite number");
    assertThatThrownBy(
            () ->
                new TrainerState.ExpansionRecord(
                    1,
                    new TrainerState.Widths(1, 1),
                    Initialization.COPY_COPY,
                    OptimizerStateStrategy.ASYMMETRIC,
                    Double.NaN,
                    1))
        .hasMessage("rewarmupRatio NaN is not above 0 and finite");
  }

  private void assertProblem(String key, String text, String right, String wrong, String problem) {
    assertThat(text).contains(right);
    int at = text.indexOf(right);
    String changed = text.substring(0, at) + wrong + text.substring(at + right.length());
    store.write(key, changed.getBytes(StandardCharsets.UTF_8));
    assertOneLine(
        () -> CheckpointReader.open(store, "c").verify(),
        CorruptCheckpoint.class,
        store.location(key) + ": ",
        problem);
  }

  private String text(String key) {
    return new String(store.readAll(store.get(key)), StandardCharsets.UTF_8);
  }

  private static void assertOneLine(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable action,
      Class<? extends SparklingException> type,
      String begin,
      String problem) {
    assertThatThrownBy(action)
        .isInstanceOf(type)
        .satisfies(
            error ->
                assertThat(((SparklingException) error).problems())
                    .singleElement()
                    .asString()
                    .startsWith(begin)
                    .contains(problem)
                    .doesNotContain("dev.sparkling", "Feature", "\u001b"));
  }
}
