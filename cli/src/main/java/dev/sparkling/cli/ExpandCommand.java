package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.expander.run.ExpansionPreview;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import dev.sparkling.pipeline.validation.ExpansionRules;
import dev.sparkling.pipeline.validation.Problems;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "expand",
    description = "Widens a checkpoint with its optimizer state.",
    sortOptions = false,
    sortSynopsis = false,
    mixinStandardHelpOptions = true)
final class ExpandCommand implements Callable<Integer> {

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Mixin private WorkerOptions worker;

  @Mixin private MemoryOption memory;

  @Spec private CommandSpec spec;

  /** What to widen: as a job document says, or by hand. */
  static final class Source {
    @Option(names = "--job", paramLabel = "FILE", required = true, description = JobFile.HELP)
    private Path job;

    @ArgGroup(exclusive = false)
    private @Nullable ByHand byHand;
  }

  /** Any checkpoint. */
  static final class ByHand {
    @Option(
        names = "--from",
        paramLabel = "URI",
        required = true,
        description = "The checkpoint to widen.")
    private String from;

    @Option(
        names = "--to",
        paramLabel = "URI",
        required = true,
        description = "Where to write the widened one: a new or empty folder.")
    private String to;

    @Option(
        names = "--hidden-size",
        paramLabel = "N",
        description = "New width of the residual stream (default: as before).")
    private int hiddenSize;

    @Option(
        names = "--inner-size",
        paramLabel = "N",
        description = "New width of an expert or MLP (default: as before).")
    private int innerSize;

    @Option(
        names = "--initialization",
        paramLabel = "NAME",
        converter = KebabEnums.OfInitialization.class,
        description = {
          "How new entries start: copy-copy (default), zero-copy, random-copy, random-zero,",
          "random-random; to compare with: naive, uneven, perturb, signal-to-noise."
        })
    private Initialization initialization = Initialization.COPY_COPY;

    @Option(
        names = "--optimizer-state",
        paramLabel = "STRATEGY",
        converter = KebabEnums.OfOptimizerState.class,
        description =
            "What becomes of the moments: asymmetric (default), asymmetric-scaled, copy, drop.")
    private OptimizerStateStrategy optimizerState = OptimizerStateStrategy.ASYMMETRIC;

    @Option(
        names = "--norms",
        paramLabel = "NAME",
        converter = KebabEnums.OfNorms.class,
        description = "How weights of norms widen: copy (default), resample.")
    private NormInitialization norms = NormInitialization.COPY;

    @Option(
        names = "--uneven-share",
        paramLabel = "R",
        description = "What an old column keeps with uneven (default: 1/3).")
    private double unevenShare = BaselineSpec.DEFAULT.unevenShare();

    @Option(
        names = "--perturbation",
        paramLabel = "X",
        description = "Noise of perturb, relative to what it is added to (default: 0.1).")
    private double perturbation = BaselineSpec.DEFAULT.perturbation();

    @Option(
        names = "--signal-to-noise",
        paramLabel = "DECIBELS",
        description = "Of signal-to-noise (default: 10).")
    private double signalToNoise = BaselineSpec.DEFAULT.signalToNoiseDecibels();

    @Option(
        names = "--tolerance",
        paramLabel = "X",
        description =
            "How far RMS(y)/RMS(x) of a matrix may move, relative to what its factor should give,"
                + " before there is a warning (default: ${DEFAULT-VALUE}).",
        defaultValue = "0.05")
    private double tolerance;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Of what is drawn (default: the training run's).")
    private @Nullable Long seed;

    @Option(
        names = "--dry-run",
        description = "Say what would be done, measure a sample, and write nothing.")
    private boolean dryRun;

    @Option(
        names = "--rewarmup-ratio",
        paramLabel = "RHO",
        description = "Peak rate of new entries over the rate now (default: ${DEFAULT-VALUE}).",
        defaultValue = "1.3")
    private double rewarmupRatio;

    @Option(
        names = "--rewarmup-steps",
        paramLabel = "N",
        description = "Steps of their rise (default: ${DEFAULT-VALUE}).",
        defaultValue = "250")
    private int rewarmupSteps;

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
      width("--hidden-size", hiddenSize, problems);
      width("--inner-size", innerSize, problems);
      ExpansionRules.check(expansion, ByHand::option, problems);
      problems.throwIfAny();
      return expansion;
    }

    private ExpansionOptions options(MemoryOption memory) {
      return ExpansionOptions.DEFAULT
          .allowingHuggingFace()
          .withSeed(seed == null ? OptionalLong.empty() : OptionalLong.of(seed))
          .withMemory(memory.bytes())
          .withNames(ByHand::expansionOption);
    }

    private static String option(String field) {
      return switch (field) {
        case "rewarmup.ratio" -> "--rewarmup-ratio";
        case "rewarmup.steps" -> "--rewarmup-steps";
        case "baseline.unevenShare" -> "--uneven-share";
        case "baseline.perturbation" -> "--perturbation";
        case "baseline.signalToNoiseDecibels" -> "--signal-to-noise";
        default -> "--" + field;
      };
    }

    /** How messages of an expansion name what the user wrote here. */
    private static String expansionOption(String parameter) {
      return switch (parameter) {
        case "hiddenSize" -> "--hidden-size";
        case "innerSize" -> "--inner-size";
        default -> "--" + parameter;
      };
    }

    private static void width(String name, int value, Problems problems) {
      problems.require(
          value >= 0 && value <= Limits.WIDTH,
          name,
          value + " is outside of 1 to " + Limits.WIDTH + "; leave it out to keep the width");
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (StopSignal stop = worker.stopSignal()) {
      ByHand byHand = source.byHand;
      JobResult ended =
          byHand == null
              ? StageExpansion.run(JobFile.read(source.job, Work.EXPAND), memory.bytes(), stop, out)
              : expand(byHand, memory, stop, out);
      return worker.end(ended, out);
    }
  }

  private static JobResult expand(
      ByHand byHand, MemoryOption memory, StopSignal stop, PrintWriter out) {
    ExpansionSpec expansion = byHand.expansion();
    if (byHand.dryRun) {
      return preview(byHand, expansion, memory, out);
    }
    try (Arguments.Located source = Arguments.locate("--from", byHand.from);
        Arguments.Located target = Arguments.locate("--to", byHand.to)) {
      ExpansionTarget.check(byHand.from, byHand.to, target);
      Optional<ExpansionReport> report =
          Arguments.fromTo(
              target,
              () ->
                  ExpansionRun.run(
                      new CheckpointLocation(source.store(), source.folder()),
                      new CheckpointLocation(target.store(), target.folder()),
                      expansion,
                      byHand
                          .options(memory)
                          .with(stop::requested, new ProgressLines(out)::expansion)));
      report.ifPresent(
          done -> {
            TensorTable.lines(done.tensors(), true).forEach(out::println);
            print(done, out);
          });
      return report.isPresent()
          ? new JobResult(Outcome.COMPLETE, "written to " + byHand.to, null, null)
          : new JobResult(Outcome.STOPPED, "stopped; run it again to go on", null, null);
    }
  }

  private static JobResult preview(
      ByHand byHand, ExpansionSpec expansion, MemoryOption memory, PrintWriter out) {
    try (Arguments.Located source = Arguments.locate("--from", byHand.from)) {
      ExpansionPreview preview =
          Arguments.input(
              "--from",
              () ->
                  ExpansionRun.preview(
                      new CheckpointLocation(source.store(), source.folder()),
                      expansion,
                      byHand.options(memory)));
      TensorTable.lines(preview.tensors(), false).forEach(out::println);
      out.printf(
          Locale.ROOT,
          "parameters  %s to %s, logits times %s%n"
              + "bytes       %s to read, %s to write%n"
              + "time        %s at %s/s, read and widened; writing not measured%n",
          Format.count(preview.model().parameters()),
          Format.count(preview.model().newParameters()),
          preview.model().logitScale(),
          Format.bytes(preview.bytes()),
          Format.bytes(preview.newBytes()),
          Format.duration(Duration.ofSeconds(Math.round(Math.ceil(preview.seconds())))),
          Format.bytes(Math.round(preview.bytesPerSecond())));
      preview.warnings().forEach(warning -> out.println("warning: " + warning));
      return new JobResult(Outcome.COMPLETE, "nothing was written", null, null);
    }
  }

  /** Prints a line on what an expansion did, and its warnings. */
  static void print(ExpansionReport report, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "expansion: hidden %d to %d, inner %d to %d, %s to %s parameters%n",
        report.model().widths().hiddenSize(),
        report.model().newWidths().hiddenSize(),
        report.model().widths().innerSize(),
        report.model().newWidths().innerSize(),
        Format.count(report.model().parameters()),
        Format.count(report.model().newParameters()));
    report.warnings().forEach(warning -> out.println("warning: " + warning));
  }
}
