package dev.sparkling.pipeline.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.validation.SpecReader;
import org.junit.jupiter.api.Test;

class ResolvedSettingsTest {

  private static final String YAML = TestSpecs.MINIMAL;

  @Test
  void defaultOfALaterVersionDoesNotReachARunThatWasStartedWithAnother() {
    ObjectNode recorded = ResolvedSettings.of(read(YAML));
    recorded.withObject("/training").put("gradientClipping", 0.25);
    recorded.withObject("/training/balancing").put("coefficient", 0.5);
    recorded.withObject("/stages/0/expansion").put("initialization", "random-copy");

    ProgressiveTrainingSpec spec = SpecReader.read(YAML, "run.yaml", recorded).spec();
    assertThat(spec.training().gradientClipping()).isEqualTo(0.25);
    assertThat(spec.training().balancing().coefficient()).isEqualTo(0.5);
    assertThat(spec.stages().get(1).expansion())
        .extracting(ExpansionSpec::initialization)
        .isEqualTo(Initialization.RANDOM_COPY);
  }

  @Test
  void whatTheResourceSaysStays() {
    ObjectNode recorded = ResolvedSettings.of(read(YAML));
    recorded.withObject("/training").put("sequenceLength", 7);
    recorded.withObject("/training/learningRate").put("peak", 0.5);

    assertThat(SpecReader.read(YAML, "run.yaml", recorded).spec().training())
        .isEqualTo(read(YAML).training());
  }

  @Test
  void widthThatAnExpansionLeavesOutIsKeptAsItWasAndNotTakenFromTheRecord() {
    ObjectNode recorded = ResolvedSettings.of(read(YAML));
    recorded.withObject("/stages/0/expansion").put("innerSize", 32);

    assertThat(SpecReader.read(YAML, "run.yaml", recorded).spec()).isEqualTo(read(YAML));
  }

  @Test
  void stageThatIsNotRecordedKeepsTheDefaults() {
    ObjectNode recorded = ResolvedSettings.of(read(YAML));
    recorded.withObject("/stages/0").put("name", "another");
    recorded.withObject("/stages/0/expansion").put("initialization", "random-copy");

    assertThat(SpecReader.read(YAML, "run.yaml", recorded).spec().stages().get(1).expansion())
        .isEqualTo(read(YAML).stages().get(1).expansion());
  }

  private static ProgressiveTrainingSpec read(String yaml) {
    return SpecReader.read(yaml, "run.yaml").spec();
  }
}
