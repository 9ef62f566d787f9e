package dev.sparkling.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import org.junit.jupiter.api.Test;

/** A dense model of 100 M parameters: 3.2 GB of state, and 0.4 GB per sequence. */
class MemoryAdviceTest {

  private final ProgressiveTrainingSpec spec =
      SpecReader.read(
              """
              apiVersion: sparkling.dev/v1alpha1
              kind: ProgressiveTraining
              metadata: {name: large}
              spec:
                model: {architecture: dense, vocabularySize: 32000, layers: 12, hiddenSize: 768,
                  innerSize: 2048, attentionHeads: 12, keyValueHeads: 4, headDim: 64}
                data: {uri: data/train, validationUri: data/validation}
                training: {sequenceLength: 512, globalBatchSize: 16, learningRate: {peak: 1.0e-3}}
                stages: [{name: narrow, tokens: 1048576}]
                storage: {uri: runs/large}
              """,
              "large.yaml")
          .spec();

  private final StagePlan stage = RunPlan.of(spec).stages().getFirst();

  @Test
  void stageThatFitsNeedsNoAdvice() {
    assertThat(MemoryAdvice.beforeTraining(stage, spec.training(), 24L << 30)).isEmpty();
  }

  @Test
  void adviceIsTheMostThatFitsWithAndWithoutRecomputation() {
    assertThat(MemoryAdvice.beforeTraining(stage, spec.training(), 6_500_000_000L))
        .hasValue(
            "spec.training.microBatchSize: 16 needs about 9.1 GB in stage narrow, 3.2 GB of it for"
                + " weights, gradients and moments, and there are 6.5 GB in total; lower it to 8, or 16"
                + " with spec.training.recomputation: layers");
  }

  @Test
  void recomputationIsAdvisedIfOnlyThatFits() {
    assertThat(MemoryAdvice.beforeTraining(stage, spec.training(), 3_000_000_000L).orElseThrow())
        .endsWith("lower it to 1 with spec.training.recomputation: layers");
  }

  @Test
  void noSettingIsAdvisedForAModelThatIsTooLarge() {
    assertThat(MemoryAdvice.beforeTraining(stage, spec.training(), 1L << 30).orElseThrow())
        .endsWith(
            "there are 1.1 GB in total; not even 1 fits: a smaller model or more memory is needed");
  }

  @Test
  void afterAFailedAllocationAdviceIsLessThanWasUsed() {
    assertThat(MemoryAdvice.afterFailure(stage, spec.training(), 24L << 30))
        .contains("in total; that was not enough; lower it to 8, or 16");
  }
}
