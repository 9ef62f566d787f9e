package dev.sparkling.expander.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FactorsTest {

  /** By hand: 1/sqrt(1 + 3c) up to 2x, 1/(1 + c) beyond, c = ratio - 1. */
  @ParameterizedTest
  @CsvSource({
    "1000, 1000, 1.0",
    "1000, 1100, 0.8770580193070293",
    "1000, 1500, 0.6324555320336759",
    "1000, 2000, 0.5",
    "1000, 2500, 0.4",
    "1000, 3000, 0.3333333333333333",
    "1000, 4000, 0.25",
  })
  void bothSidesCopied(long width, long newWidth, double factor) {
    assertThat(Factors.fanInBothCopied(width, newWidth)).isCloseTo(factor, within(1e-15));
  }

  @Test
  void bothFormulasMeetAtTwice() {
    assertThat(Factors.fanInBothCopied(512, 1024)).isEqualTo(0.5);
    assertThat(Factors.fanInBothCopied(512, 1025)).isCloseTo(0.5, within(1e-3));
  }

  @Test
  void shrinkingIsRefused() {
    assertThatThrownBy(() -> Factors.fanInBothCopied(10, 9))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
