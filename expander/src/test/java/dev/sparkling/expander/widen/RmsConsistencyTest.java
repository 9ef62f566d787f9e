package dev.sparkling.expander.widen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Measures {@code RMS(y)/RMS(x)} before and after with random inputs, which widen as the
 * initialization widens their writers.
 */
class RmsConsistencyTest {

  private static final int WIDTH = 256;
  private static final int INPUTS = 64;

  /** The paper's claim; 64 inputs of 256 channels leave 1 % of noise. */
  private static final double TOLERANCE = 0.05;

  /** A matrix of as many rows as columns, whose columns grow with the axis. */
  private enum Grown {
    HIDDEN("model.layers.0.mlp.up_proj.weight"),
    INNER("model.layers.0.mlp.down_proj.weight");

    private final String matrix;

    Grown(String matrix) {
      this.matrix = matrix;
    }
  }

  /** Only zero-copy has another factor on the hidden axis than on the inner one. */
  static Stream<Arguments> cases() {
    return Stream.of(1.1, 1.5, 2.0, 2.5, 4.0)
        .flatMap(
            ratio ->
                Stream.concat(
                    Stream.of(Initialization.values())
                        .map(initialization -> Arguments.of(initialization, ratio, Grown.INNER)),
                    Stream.of(Arguments.of(Initialization.ZERO_COPY, ratio, Grown.HIDDEN))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aWidenedMatrixKeepsTheRatioOfOutputToInput(
      Initialization initialization, double ratio, Grown grown) {
    TensorPlan plan = plan(initialization, ratio, grown);
    Measured measured = measure(plan);
    double expected = plan.expectedRatio();
    assertThat(measured.after() / measured.before() / expected).isCloseTo(1, within(TOLERANCE));
    assertThat(measured.reported() / measured.before() / expected).isCloseTo(1, within(TOLERANCE));
  }

  /** Excludes baselines, whose shares replace the factor, and zero-copy on the inner axis. */
  static Stream<Arguments> casesWithAFactor() {
    return cases()
        .filter(
            one ->
                plan((Initialization) one.get()[0], (double) one.get()[1], (Grown) one.get()[2])
                        .widening()
                        .factor()
                    != 1);
  }

  @ParameterizedTest
  @MethodSource("casesWithAFactor")
  void withoutItsFactorItVisiblyDoesNot(Initialization initialization, double ratio, Grown grown) {
    TensorPlan plan = plan(initialization, ratio, grown);
    TensorPlan naive =
        new TensorPlan(
            plan.name(),
            plan.shape(),
            plan.newShape(),
            new Widening(
                plan.widening().newRows(),
                plan.widening().newColumns(),
                1,
                plan.widening().sharing(),
                plan.widening().newInputs()));
    Measured measured = measure(naive);
    double off = measured.after() / measured.before() / plan.expectedRatio();
    assertThat(off)
        .isCloseTo(1 / plan.widening().factor(), within(TOLERANCE / plan.widening().factor()));
  }

  private record Measured(double before, double after, double reported) {}

  private static Measured measure(TensorPlan plan) {
    Random random = new Random(5);
    float[] old = new float[WIDTH * WIDTH];
    for (int i = 0; i < old.length; i++) {
      old[i] = (float) random.nextGaussian(0, 0.05);
    }
    MemorySegment source = MemorySegment.ofArray(old);
    DistributionSums distribution = new DistributionSums(DType.F32);
    distribution.add(source);
    TensorWidener widener = new TensorWidener(plan, DType.F32, 3, distribution.distribution());
    RowCheck check = new RowCheck("here", plan, DType.F32);
    int newColumns = (int) plan.wideColumns();
    float[] wide = new float[WIDTH * newColumns];
    MemorySegment target = MemorySegment.ofArray(wide);
    for (int row = 0; row < WIDTH; row++) {
      long from = (long) row * WIDTH * Float.BYTES;
      long to = (long) row * newColumns * Float.BYTES;
      widener.widen(row, source, from, target, to);
      check.check(row, source, from, target, to);
    }
    double before = 0;
    double after = 0;
    for (int i = 0; i < INPUTS; i++) {
      double[] input = random.doubles(WIDTH, -1, 1).toArray();
      double[] wideInput =
          widened(input, newColumns, Objects.requireNonNull(plan.widening().newInputs()), random);
      before += square(old, input) / square(input);
      after += square(wide, wideInput) / square(wideInput);
    }
    return new Measured(
        Math.sqrt(before / INPUTS),
        Math.sqrt(after / INPUTS),
        Math.sqrt(check.sums().mapped() / check.sums().wideRows()));
  }

  private static double[] widened(
      double[] input, int newLength, NewEntries entries, Random random) {
    double[] wide = new double[newLength];
    for (int i = 0; i < newLength; i++) {
      wide[i] =
          i < input.length
              ? input[i]
              : switch (entries) {
                case COPY -> input[i % input.length];
                case ZERO -> 0;
                case RANDOM -> random.nextDouble(-1, 1);
              };
    }
    return wide;
  }

  /** Mean square of the output. */
  private static double square(float[] matrix, double[] input) {
    double[] output = new double[matrix.length / input.length];
    for (int i = 0; i < matrix.length; i++) {
      output[i / input.length] += matrix[i] * input[i % input.length];
    }
    return square(output);
  }

  private static double square(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum / values.length;
  }

  private static TensorPlan plan(Initialization initialization, double ratio, Grown grown) {
    ModelConfiguration model =
        new ModelConfiguration(
            11, 1, WIDTH, new DenseShape(WIDTH), 4, 2, 10, true, 10_000, 1e-6, 16, 1.0);
    int wide = (int) Math.round(WIDTH * ratio);
    int hidden = grown == Grown.HIDDEN ? wide : WIDTH;
    int inner = grown == Grown.INNER ? wide : WIDTH;
    ExpansionSpec spec =
        new ExpansionSpec(
            hidden,
            inner,
            initialization,
            OptimizerStateStrategy.ASYMMETRIC,
            NormInitialization.COPY,
            BaselineSpec.DEFAULT,
            new RewarmupSpec(1.3, 250),
            0.05);
    return Objects.requireNonNull(
        ExpansionPlan.of(model, hidden, inner, spec).tensors().get(grown.matrix));
  }
}
