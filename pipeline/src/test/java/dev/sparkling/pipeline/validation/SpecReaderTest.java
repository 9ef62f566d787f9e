package dev.sparkling.pipeline.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The messages are what a user sees, so they are asserted whole. */
class SpecReaderTest {

  @Test
  void absentKeysTakeThePapersDefaults() {
    ProgressiveTrainingSpec spec = TestSpecs.minimal().spec();
    assertThat(spec.training().optimizer().betas()).containsExactly(0.9, 0.95);
    assertThat(spec.training().optimizer().eps()).isEqualTo(1e-8);
    assertThat(spec.training().optimizer().weightDecay()).isEqualTo(0.1);
    assertThat(spec.training().learningRate().warmupFraction()).isEqualTo(0.03);
    assertThat(spec.training().optimizer().momentum()).isEqualTo(0.95);
    assertThat(spec.training().learningRate().finalRatio()).isEqualTo(0.01);
    assertThat(spec.training().learningRate().decayFraction()).isEqualTo(0.2);
    assertThat(spec.training().microBatchSize()).isEqualTo(16);
    var expansion = spec.stages().get(1).expansion();
    assertThat(expansion).isNotNull();
    assertThat(expansion.initialization()).isEqualTo(Initialization.COPY_COPY);
    assertThat(expansion.optimizerState()).isEqualTo(OptimizerStateStrategy.ASYMMETRIC);
    assertThat(expansion.rewarmup().ratio()).isEqualTo(1.3);
    assertThat(spec.retries()).isEqualTo(3);
  }

  @Test
  void zeroIsNotTakenForAbsentWhereItMeansSomething() {
    ProgressiveTrainingSpec spec =
        SpecReader.read(
                TestSpecs.MINIMAL.replace(
                    "learningRate: {peak: 1.0e-3}",
                    "learningRate: {peak: 1.0e-3, warmupFraction: 0, finalRatio: 0}"),
                "tiny.yaml")
            .spec();
    assertThat(spec.training().learningRate().warmupFraction()).isZero();
    assertThat(spec.training().learningRate().finalRatio()).isZero();
  }

  @Test
  void microBatchThatDoesNotDivideIsNamedWithTheBatch() {
    String line = "    globalBatchSize: 16\n";
    assertThatThrownBy(
            () ->
                SpecReader.read(
                    TestSpecs.MINIMAL.replace(line, line + "    microBatchSize: 5\n"), "tiny.yaml"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spec.training.microBatchSize: 5 does not divide globalBatchSize 16; a divisor of it"
                + " is needed");
  }

  /** Each line replaces one piece of a good file and names all problems that it makes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          layers: 2               | layer: 2                   | spec.model.layer: unknown key; did you mean layers?
          hiddenSize: 64          | hiddenSize: 16             | spec.stages[1].expansion.hiddenSize: 16 is smaller than stage 0's 32; a stage may only widen
          keyValueHeads: 2        | keyValueHeads: 3           | spec.model.keyValueHeads: 3 does not divide attentionHeads 4; every key/value head serves the same number of query heads
          headDim: 12             | headDim: 13                | spec.model.headDim: 13 is odd; rotary embedding rotates pairs of channels, so it must be even
          tokens: 10240           | tokens: 1023               | spec.stages[0].tokens: 1023 is less than one step of 1024 tokens
          tokens: 10240           | tokens: many               | spec.stages[0].tokens: 'many' is not a whole number
          experts: 4              | experts: 1                 | spec.model.expertsPerToken: 2 is more than the 1 experts
          architecture: moe       | architecture: mixture      | spec.model.architecture: 'mixture' is not one of moe, dense
          name: wide              | name: narrow               | spec.stages[1].name: 'narrow' is the name of two stages
          name: tiny              | name: Tiny!                | metadata.name: 'Tiny!' is not a name; 1 to 40 of a-z, 0-9 and '-', beginning and ending with a letter or digit
          rewarmup: {steps: 5}    | rewarmup: {steps: 20}      | spec.stages[1].expansion.rewarmup.steps: 20 with 20 steps left in the run; fewer are needed
          uri: runs/tiny          | endpoint: http://localhost | spec.storage.uri: is missing; it says where the run keeps its checkpoints
          sparkling.dev/v1alpha1  | sparkling.dev/v2           | apiVersion: 'sparkling.dev/v2'; allowed: sparkling.dev/v1alpha1
          layers: 2               | layers: 1025              | spec.model.layers: 1025 is too large; at most 1024
          hiddenSize: 64          | hiddenSize: 2147483647     | spec.stages[1].expansion.hiddenSize: 2147483647 is too large; at most 262144
          hiddenSize: 32          | hiddenSize: 262145        | spec.model.hiddenSize: 262145 is too large; at most 262144 ++ spec.stages[1].expansion.hiddenSize: 64 is smaller than stage 0's 262145; a stage may only widen
          experts: 4              | experts: 1025             | spec.model.experts: 1025 is too large; at most 1024
          vocabularySize: 128     | vocabularySize: 2000000000 | spec.model.vocabularySize: 2000000000 is too large; at most 16777216
          sequenceLength: 64      | sequenceLength: 2000000000 | spec.training.sequenceLength: 2000000000 is too large; at most 16777216 ++ spec.stages[0].tokens: 10240 is less than one step of 32000000000 tokens ++ spec.stages[1].tokens: 20480 is less than one step of 32000000000 tokens ++ spec.stages[1].expansion.rewarmup.steps: 5 with 0 steps left in the run; fewer are needed
          tokens: 10240           | tokens: 9223372036854775807 | spec.stages[0].tokens: 9223372036854775807 is too large; at most 10000000000000000
          tokens: 10240           | tokens: 99999999999999999999 | spec.stages[0].tokens: 99999999999999999999 is not a whole number below 9223372036854775808
          layers: 2               | layers: 3000000000         | spec.model.layers: 3000000000 is not a whole number below 2147483648
          layers: 2               | layers: 010                | spec.model.layers: 010 begins with 0, which YAML reads as octal; remove the 0
          peak: 1.0e-3            | peak: .inf                 | spec.training.learningRate.peak: .inf is not finite; a number is needed
          layers: 2               | layers: &a 2\\n    heads: *a | spec.model.heads: *a is an alias; write out what it stands for
          architecture: moe       | architecture: 1            | spec.model.architecture: 1 is not one of moe, dense
          name: narrow, tokens: 10240 | name: narrow, tokens: 10240, trainer: {nodes: 64} | spec.stages[0].trainer.nodes: 64 nodes are not available in this version; allowed: 1
          name: narrow, tokens: 10240 | name: narrow, tokens: 10240, trainer: {resources: {limits: {nvidia.com/gpu: 8}}} | spec.stages[0].trainer.resources.limits.nvidia.com/gpu: 8 GPUs are not available in this version; allowed: 1
          storage:                | trainer: {resources: {limits: {amd.com/gpu: 1}}}\\n  storage: | spec.trainer.resources.limits.amd.com/gpu: GPUs of AMD are not available in this version; allowed: nvidia.com/gpu: 1
          name: narrow, tokens: 10240 | name: narrow, tokens: 10240, trainer: {nodes: -3} | spec.stages[0].trainer.nodes: -3 is too small; at least 1
          storage:                | trainer: {threads: 100000}\\n  storage: | spec.trainer.threads: 100000 is too large; at most 1024
          metadata: {name: tiny}  | metadata: {name: tiny, annotations: {a: }} | metadata.annotations.a: is empty; a value is needed
          - {name: narrow, tokens: 10240} | - {name: narrow, tokens: 10240}\\n    - | spec.stages[1]: is empty; a value is needed
          learningRate:           | seed: 99999999999999999999\\n    learningRate: | spec.training.seed: 99999999999999999999 is not a whole number below 9223372036854775808
          learningRate:           | optimizer: {type: muon, momentum: 1}\\n    learningRate: | spec.training.optimizer.momentum: 1 is not in range; from 0 up to but not including 1
          learningRate: {         | learningRate: {schedule: wsd, decayFraction: 1.5, | spec.training.learningRate.decayFraction: 1.5 is outside of 0 to 1
          """)
  void badValueIsNamedWithItsPathAndWhatIsAllowed(String good, String bad, String problem) {
    String yaml = TestSpecs.MINIMAL.replace(good, bad.replace("\\n", "\n"));
    assertThat(yaml).isNotEqualTo(TestSpecs.MINIMAL);
    assertThatThrownBy(() -> SpecReader.read(yaml, "tiny.yaml"))
        .asInstanceOf(type(UserError.class))
        .satisfies(
            error -> assertThat(error.problems()).containsExactly(problem.split(" \\+\\+ ", -1)));
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    String yaml =
        TestSpecs.MINIMAL
            .replace("layers: 2", "layer: 2")
            .replace("keyValueHeads: 2", "keyValueHeads: 3")
            .replace("hiddenSize: 64", "hiddenSize: 16")
            .replace("tokens: 10240", "tokens: ten")
            .replace("learningRate: {", "optimizer: {betas: [0.9, x]}\n    learningRate: {");
    assertThat(problems(yaml))
        .containsExactlyInAnyOrder(
            "spec.model.layer: unknown key; did you mean layers?",
            "spec.stages[0].tokens: 'ten' is not a whole number",
            "spec.training.optimizer.betas[1]: 'x' is not a number",
            "spec.model.keyValueHeads: 3 does not divide attentionHeads 4;"
                + " every key/value head serves the same number of query heads",
            "spec.stages[1].expansion.hiddenSize: 16 is smaller than stage 0's 32;"
                + " a stage may only widen");
  }

  @Test
  void whatThisVersionCannotDoIsRefusedBeforeAnyWorkStarts() {
    String yaml =
        TestSpecs.MINIMAL + "  initialCheckpoint: s3://models/base\n  trainer: {nodes: 2}\n";
    assertThat(problems(yaml))
        .containsExactly(
            "spec.trainer.nodes: 2 nodes are not available in this version; allowed: 1",
            "spec.initialCheckpoint: is not available in this version; leave it out");
  }

  @Test
  void textThatIsNotYamlIsNamedWithItsLine() {
    assertThat(problems("spec: [1, 2\nmodel: }"))
        .singleElement()
        .asString()
        .startsWith("tiny.yaml:2:");
  }

  @Test
  void secondDocumentIsNamedAndNotIgnored() {
    assertThat(problems(TestSpecs.MINIMAL + "---\nspec: {}\n"))
        .singleElement()
        .asString()
        .matches("tiny\\.yaml:\\d+:\\d+: a second document starts here; expected one");
  }

  @Test
  void sizesThatMakeAModelTooLargeTogetherAreNamed() {
    String yaml =
        TestSpecs.MINIMAL
            .replace("hiddenSize: 32", "hiddenSize: 200000")
            .replace("hiddenSize: 64", "hiddenSize: 262144")
            .replace("innerSize: 16", "innerSize: 200000")
            .replace("experts: 4", "experts: 1000")
            .replace("layers: 2", "layers: 1000");
    assertThat(problems(yaml))
        .containsExactly(
            "spec.model: makes a model of 120000229225824000 parameters;"
                + " at most 1000000000000000");
  }

  @Test
  void emptyFileSaysSo() {
    assertThat(problems(""))
        .containsExactly("tiny.yaml: is empty; a ProgressiveTraining is expected");
  }

  @Test
  void blockWhereANumberBelongsIsNamed() {
    assertThat(problems(TestSpecs.MINIMAL.replace("layers: 2", "layers: {a: 1}")))
        .containsExactly("spec.model.layers: a mapping is not a whole number below 2147483648");
  }

  @Test
  void fractionWhereAWholeNumberBelongsIsNamed() {
    assertThat(problems(TestSpecs.MINIMAL.replace("sequenceLength: 64", "sequenceLength: 64.5")))
        .containsExactly(
            "spec.training.sequenceLength: 64.5 is not a whole number below 2147483648");
  }

  @Test
  void keyThatStandsTwiceIsNamed() {
    assertThat(problems(TestSpecs.MINIMAL.replace("layers: 2", "layers: 2\n    layers: 3")))
        .singleElement()
        .asString()
        .contains("layers");
  }

  private static List<String> problems(String yaml) {
    try {
      SpecReader.read(yaml, "tiny.yaml");
      return List.of();
    } catch (UserError e) {
      return e.problems();
    }
  }
}
