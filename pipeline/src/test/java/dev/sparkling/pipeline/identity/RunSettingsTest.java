package dev.sparkling.pipeline.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class RunSettingsTest {

  /** A new field of model or training appears here: decide whether it may change in the middle. */
  @Test
  void everythingThatDeterminesTheFirstStagesResultsIsNamed() {
    assertThat(settings(TestSpecs.MINIMAL, 0).entrySet().stream().map(Object::toString))
        .containsExactly(
            "spec.model.architecture=moe",
            "spec.model.attentionHeads=4",
            "spec.model.experts=4",
            "spec.model.expertsPerToken=2",
            "spec.model.headDim=12",
            "spec.model.hiddenSize=32",
            "spec.model.innerSize=16",
            "spec.model.keyValueHeads=2",
            "spec.model.layers=2",
            "spec.model.rmsNormEpsilon=1.0E-6",
            "spec.model.ropeTheta=10000.0",
            "spec.model.tiedEmbeddings=true",
            "spec.model.vocabularySize=128",
            "spec.stages=30720 tokens in all",
            "spec.stages[0].name=narrow",
            "spec.stages[0].tokens=10240",
            "spec.training.balancing.coefficient=0.01",
            "spec.training.balancing.scope=globalBatch",
            "spec.training.balancing.zCoefficient=0.001",
            "spec.training.documentMasking=false",
            "spec.training.globalBatchSize=16",
            "spec.training.gradientClipping=1.0",
            "spec.training.learningRate.decayFraction=0.2",
            "spec.training.learningRate.finalRatio=0.01",
            "spec.training.learningRate.peak=0.001",
            "spec.training.learningRate.schedule=cosine",
            "spec.training.learningRate.warmupFraction=0.03",
            "spec.training.microBatchSize=16",
            "spec.training.optimizer.betas=[0.9,0.95]",
            "spec.training.optimizer.eps=1.0E-8",
            "spec.training.optimizer.momentum=0.95",
            "spec.training.optimizer.type=adamw",
            "spec.training.optimizer.weightDecay=0.1",
            "spec.training.precision=fp32",
            "spec.training.sequenceLength=64");
  }

  @Test
  void tokensAreThoseOfWholeStepsBecauseOnlyTheyAreTrained() {
    assertThat(settings(TestSpecs.MINIMAL.replace("10240", "10300"), 0))
        .isEqualTo(settings(TestSpecs.MINIMAL, 0));
  }

  @Test
  void whenToSaveToMeasureAndToRetryDoesNotBelongToIt() {
    String edited =
        TestSpecs.MINIMAL
            .replace("learningRate:", "checkpoints: {everySteps: 7}\n    learningRate:")
            .replace("learningRate:", "evaluation: {everySteps: 7}\n    learningRate:")
            .replace("storage:", "suspend: true\n  retries: 9\n  storage:");
    assertThat(settings(edited, 1)).isEqualTo(settings(TestSpecs.MINIMAL, 1));
  }

  /** Checkpoints of controls from before the control was a plan record the same. */
  @Test
  void controlHasTheSettingsOfTheStageThatItContinues() {
    ProgressiveTrainingSpec spec = SpecReader.read(TestSpecs.MINIMAL, "tiny.yaml").spec();
    assertThat(RunSettings.of(spec, RunPlan.of(spec).control(), 1))
        .isEqualTo(settings(TestSpecs.MINIMAL, 0));
  }

  private static SortedMap<String, String> settings(String yaml, int lastStage) {
    ProgressiveTrainingSpec spec = SpecReader.read(yaml, "tiny.yaml").spec();
    return RunSettings.of(spec, RunPlan.of(spec), lastStage);
  }
}
