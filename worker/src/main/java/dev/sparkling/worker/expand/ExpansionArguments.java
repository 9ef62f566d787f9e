package dev.sparkling.worker.expand;

import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import dev.sparkling.pipeline.validation.ExpansionRules;
import dev.sparkling.pipeline.validation.Problems;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Arguments of an expansion of any checkpoint. */
final class ExpansionArguments {

  @Option(
      names = "--from",
      paramLabel = "URI",
      required = true,
      description = "The checkpoint to expand.")
  private String from;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "Where to write the expanded checkpoint: a new or empty folder.")
  private String to;

  @Option(
      names = "--hidden-size",
      paramLabel = "N",
      description = "New width of the residual stream (default: unchanged).")
  private int hiddenSize;

  @Option(
      names = "--inner-size",
      paramLabel = "N",
      description = "New width of each expert or MLP (default: unchanged).")
  private int innerSize;

  @Option(
      names = "--initialization",
      paramLabel = "NAME",
      description =
          "Initialization of the new entries: copy-copy (default), zero-copy, random-copy,"
              + " random-zero, random-random; baselines: naive, uneven, perturb, signal-to-noise.")
  private Initialization initialization = Initialization.COPY_COPY;

  @Option(
      names = "--optimizer-state",
      paramLabel = "STRATEGY",
      description =
          "Optimizer state of the new entries: asymmetric (default), asymmetric-scaled, copy,"
              + " drop.")
  private OptimizerStateStrategy optimizerState = OptimizerStateStrategy.ASYMMETRIC;

  @Option(
      names = "--norms",
      paramLabel = "NAME",
      description = "Initialization of new norm weights: copy (default), resample.")
  private NormInitialization norms = NormInitialization.COPY;

  @Option(
      names = "--uneven-share",
      paramLabel = "R",
      description = "With uneven: the share that an old column keeps (default: 1/3).")
  private double unevenShare = BaselineSpec.DEFAULT.unevenShare();

  @Option(
      names = "--perturbation",
      paramLabel = "X",
      description =
          "With perturb: size of the noise, relative to the entries that it is added to (default:"
              + " 0.1).")
  private double perturbation = BaselineSpec.DEFAULT.perturbation();

  @Option(
      names = "--signal-to-noise",
      paramLabel = "DECIBELS",
      description = "With signal-to-noise: the ratio in decibels (default: 10).")
  private double signalToNoise = BaselineSpec.DEFAULT.signalToNoiseDecibels();

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Relative deviation of a matrix's RMS(y)/RMS(x) from its expected value above which there"
              + " is a warning (default: ${DEFAULT-VALUE}).",
      defaultValue = "0.05")
  private double tolerance;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of random entries (default: the seed of the run).")
  private @Nullable Long seed;

  @Option(
      names = "--dry-run",
      description = "Print what would be done and measure the speed on a sample; write nothing.")
  private boolean dryRun;

  @Option(
      names = "--rewarmup-ratio",
      paramLabel = "RHO",
      description =
          "Peak learning rate of new entries, relative to the current rate (default:"
              + " ${DEFAULT-VALUE}).",
      defaultValue = "1.3")
  private double rewarmupRatio;

  @Option(
      names = "--rewarmup-steps",
      paramLabel = "N",
      description = "Steps until that rate is reached (default: ${DEFAULT-VALUE}).",
      defaultValue = "250")
  private int rewarmupSteps;

  String from() {
    return from;
  }

  String to() {
    return to;
  }

  ExpansionOptions options(MemoryOption memory) {
    return ExpansionOptions.DEFAULT
        .allowingHuggingFace()
        .withSeed(seed == null ? OptionalLong.empty() : OptionalLong.of(seed))
        .withMemory(memory.bytes())
        .withNames(ExpansionArguments::option);
  }

  boolean isDryRun() {
    return dryRun;
  }

  /**
   * Returns the expansion.
   *
   * @throws UserError with every problem, each under its option's name
   */
  ExpansionSpec expansion() {
    Problems problems = new Problems();
    ExpansionSpec expansion =
        new ExpansionSpec(
            hiddenSize,
            innerSize,
            initialization,
            optimizerState,
            norms,
            new BaselineSpec(unevenShare, perturbation, signalToNoise),
            new RewarmupSpec(rewarmupRatio, rewarmupSteps),
            tolerance);
    width("hiddenSize", hiddenSize, problems);
    width("innerSize", innerSize, problems);
    ExpansionRules.check(expansion, ExpansionArguments::option, problems);
    problems.throwIfAny();
    return expansion;
  }

  /**
   * Returns the option that sets a field of {@link ExpansionSpec}, or another setting of an
   * expansion.
   */
  private static String option(String field) {
    return switch (field) {
      case "baseline.signalToNoiseDecibels" -> "--signal-to-noise";
      default ->
          "--"
              + field
                  .replaceFirst("^baseline\\.", "")
                  .replaceAll("\\.?([A-Z])|\\.", "-$1")
                  .toLowerCase(Locale.ROOT);
    };
  }

  private static void width(String field, int value, Problems problems) {
    problems.require(
        value >= 0 && value <= Limits.WIDTH,
        option(field),
        value + " is outside of 1 to " + Limits.WIDTH + "; leave it out to keep the width");
  }
}
