package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ExpansionReportTest {

  /** A report in the form of version 2. */
  private static final String VERSION_2 =
      """
      {"version":2,"step":10,"widths":{"hiddenSize":8,"innerSize":6},\
      "newWidths":{"hiddenSize":16,"innerSize":6},"initialization":"copy-copy",\
      "optimizerState":"asymmetric","parameters":100,"newParameters":200,"logitScale":0.5,"tensors":[
      {"name":"model.norm.weight","shape":[8],"newShape":[16],"newRows":"COPY",\
      "newColumns":"COPY","factor":1.0,"rms":0.5,"newRms":0.5,"ratio":0.0,"newRatio":0.0}
      ]}
      """;

  private static final ExpansionReport REPORT =
      new ExpansionReport(
          ExpansionReport.VERSION,
          10,
          new ModelChange(new Widths(8, 6), new Widths(16, 6), 100, 200, 0.5),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          List.of(),
          List.of(
              new TensorReport(
                  "model.norm.weight",
                  List.of(8L),
                  List.of(16L),
                  NewEntries.COPY,
                  NewEntries.COPY,
                  1,
                  0.5,
                  0.5,
                  0,
                  0)));

  private final ObjectStore store = new InMemoryObjectStore();

  @Test
  void hasOneLinePerTensorAndFlatKeys() {
    String version3 =
        VERSION_2
            .replace("\"version\":2", "\"version\":3")
            .replace("\"tensors\"", "\"warnings\":[],\"tensors\"");
    assertThat(keysOf(new String(REPORT.encode(), StandardCharsets.UTF_8)))
        .isEqualTo(keysOf(version3));
    assertThat(new String(REPORT.encode(), StandardCharsets.UTF_8).lines()).hasSize(3);
    assertThat(read(new String(REPORT.encode(), StandardCharsets.UTF_8))).isEqualTo(REPORT);
  }

  private static List<String> keysOf(String json) {
    return Pattern.compile("\"\\w+\":")
        .matcher(json)
        .results()
        .map(MatchResult::group)
        .sorted()
        .toList();
  }

  @Test
  void readsVersion2WithoutWarnings() {
    assertThat(read(VERSION_2)).isEqualTo(REPORT);
  }

  @Test
  void refusesOtherVersionsAndUnknownAndMissingKeys() {
    assertRefused(
        VERSION_2.replace("\"version\":2", "\"version\":4"),
        "report version 4 is not supported; this version of Sparkling reads 2 and 3");
    assertRefused(VERSION_2.replace("\"step\":10,", ""), "step: is missing or null");
    assertRefused(VERSION_2.replace("\"parameters\":100,", ""), "parameters: is missing or null");
    assertRefused(
        VERSION_2.replace("\"newWidths\":{\"hiddenSize\":16,\"innerSize\":6},", ""),
        "newWidths: is missing or null");
    assertRefused(
        VERSION_2.replace("\"step\":10,", "\"step\":10,\"time\":1,"), "time: unknown key");
  }

  private void assertRefused(String json, String why) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith("memory:wide/expansion-report.json: ")
        .hasMessageContaining(why);
  }

  private ExpansionReport read(String json) {
    store.write("wide/" + ExpansionReport.NAME, json.getBytes(StandardCharsets.UTF_8));
    return ExpansionReport.read(store, "wide");
  }
}
