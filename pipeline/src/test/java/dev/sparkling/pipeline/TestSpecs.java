package dev.sparkling.pipeline;

import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.validation.SpecReader;

/** Small specs for tests, written as their users write them. */
public final class TestSpecs {

  /** The least that a user must write, with 1,024 tokens a step. */
  public static final String MINIMAL =
      """
      apiVersion: sparkling.dev/v1alpha1
      kind: ProgressiveTraining
      metadata: {name: tiny}
      spec:
        model:
          architecture: moe
          vocabularySize: 128
          layers: 2
          hiddenSize: 32
          innerSize: 16
          attentionHeads: 4
          keyValueHeads: 2
          headDim: 12
          experts: 4
          expertsPerToken: 2
        data: {uri: data/train, validationUri: data/validation}
        training:
          sequenceLength: 64
          globalBatchSize: 16
          learningRate: {peak: 1.0e-3}
        stages:
          - {name: narrow, tokens: 10240}
          - name: wide
            tokens: 20480
            expansion:
              hiddenSize: 64
              rewarmup: {steps: 5}
        storage: {uri: runs/tiny}
      """;

  private TestSpecs() {}

  /** {@link #MINIMAL}, read. */
  public static ProgressiveTraining minimal() {
    return SpecReader.read(MINIMAL, "minimal.yaml");
  }
}
