package dev.sparkling.trainer.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.generate.Continuation.GenerationEnd;
import dev.sparkling.trainer.generate.Continuation.GenerationLimits;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.step.HuggingFaceFixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Continuations by a small model of experts with 16 positions and 96 tokens. */
class ContinuationTest {

  private static final int POSITIONS = 16;
  private static final int VOCABULARY = 96;
  private static final long[] PROMPT = {3, 1, 4, 1, 5};

  /** Products are summed in another order. */
  private static final float ROUNDING = 1e-4f;

  private final NDManager manager = TestTorch.start().newManager();
  private final HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
  private final ModelState state = load();
  private final Transformer transformer =
      new Transformer(
          fixture.model().model(), state.weights(), PassSettings.forward(POSITIONS), manager);

  @AfterEach
  void freeMemory() {
    manager.close();
  }

  @Test
  void lastLogitsOfAShorterSequenceAreThoseOfThePositionInALongerOne() {
    long[] whole = new long[POSITIONS];
    Arrays.setAll(whole, i -> (7L * i + 3) % VOCABULARY);
    float[] all = transformer.logits(new Batch(1, whole, whole), manager).toFloatArray();
    for (int length = 1; length <= POSITIONS; length++) {
      assertThat(transformer.lastLogits(Arrays.copyOf(whole, length)))
          .containsExactly(
              Arrays.copyOfRange(all, (length - 1) * VOCABULARY, length * VOCABULARY),
              within(ROUNDING));
    }
  }

  @Test
  void greedyContinuationTakesTheMostLikelyToken() {
    List<Long> told = new ArrayList<>();
    Continuation done = continued(4, -1, told);
    assertThat(done.end()).isEqualTo(GenerationEnd.MAX_TOKENS);
    assertThat(done.tokens()).startsWith(PROMPT).hasSize(PROMPT.length + 4);
    for (int i = PROMPT.length; i < done.tokens().length; i++) {
      float[] logits = transformer.lastLogits(Arrays.copyOf(done.tokens(), i));
      int chosen = (int) done.tokens()[i];
      for (float logit : logits) {
        assertThat(logits[chosen]).isGreaterThanOrEqualTo(logit);
      }
    }
    assertThat(told)
        .containsExactlyElementsOf(
            Arrays.stream(done.tokens()).skip(PROMPT.length).boxed().toList());
  }

  @Test
  void separatorEndsTheContinuationAndIsNotPartOfIt() {
    int first = (int) continued(1, -1, new ArrayList<>()).tokens()[PROMPT.length];
    List<Long> told = new ArrayList<>();
    Continuation done = continued(4, first, told);
    assertThat(done.end()).isEqualTo(GenerationEnd.SEPARATOR);
    assertThat(done.tokens()).isEqualTo(PROMPT);
    assertThat(told).isEmpty();
  }

  @Test
  void lastPositionOfTheModelEndsTheContinuation() {
    Continuation done = continued(100, -1, new ArrayList<>());
    assertThat(done.end()).isEqualTo(GenerationEnd.POSITIONS);
    assertThat(done.tokens()).hasSize(POSITIONS);
  }

  @Test
  void weightsThatAreNotFiniteAreRefused() {
    state.weights().embedding().muli(Float.NaN);
    assertThatThrownBy(() -> continued(1, -1, new ArrayList<>()))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "the model's logit of token 0 after 5 tokens is NaN; finite weights are needed");
  }

  private Continuation continued(int maxTokens, int separator, List<Long> told) {
    return Continuation.of(
        transformer,
        PROMPT,
        new GenerationLimits(maxTokens, POSITIONS, VOCABULARY, separator),
        new Sampler(0, 1, 1),
        told::add);
  }

  private ModelState load() {
    ModelState loaded = ModelState.ofWeights(fixture.model().model(), manager);
    try (TensorSequence tensors = fixture.model().read(FileKind.MODEL)) {
      loaded.load(tensors, "fixture");
    }
    return loaded;
  }
}
