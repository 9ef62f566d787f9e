package dev.sparkling.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.spec.model.Architecture;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import org.junit.jupiter.api.Test;

/** Models that are small enough to count by hand, on sequences of 8 tokens. */
class ModelFlopsTest {

  @Test
  void expertsThatATokenMeetsAndATiedHeadCount() {
    ModelSpec model =
        new ModelSpec(Architecture.MOE, 10, 2, 4, 3, 2, 1, 2, 5, 2, true, 10_000.0, 1e-6);
    // head 40; a layer: q 16, k 8, v 8, o 16, router 20, two experts of 36; scores of 2 heads of 2
    double weights = 40 + 2 * (48 + 20 + 72);
    double scores = 2 * 2 * 2 * 8;
    assertThat(ModelFlops.perToken(model, 8)).isEqualTo(6 * weights + 12 * scores);
  }

  @Test
  void embeddingThatIsOnlyLookedUpDoesNotCount() {
    ModelSpec model =
        new ModelSpec(Architecture.DENSE, 10, 1, 4, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);
    double weights = 40 + 48 + 36;
    double scores = 2 * 2 * 8;
    assertThat(ModelFlops.perToken(model, 8)).isEqualTo(6 * weights + 12 * scores);
  }
}
