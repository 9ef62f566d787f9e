package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ExpansionSpec;
import dev.sparkling.pipeline.spec.Initialization;
import dev.sparkling.pipeline.spec.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.RewarmupSpec;
import dev.sparkling.pipeline.validation.Availability;
import dev.sparkling.pipeline.validation.Problems;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "expand",
    description = "Widens a checkpoint with its optimizer state.",
    mixinStandardHelpOptions = true)
final class ExpandCommand implements Callable<Integer> {

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
      description = "Where to write the widened one; must not be a checkpoint yet.")
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
      paramLabel = "FANOUT-FANIN",
      converter = KebabEnums.OfInitialization.class,
      description = "How new entries start (default: copy-copy).")
  private Initialization initialization = Initialization.COPY_COPY;

  @Option(
      names = "--optimizer-state",
      paramLabel = "STRATEGY",
      converter = KebabEnums.OfOptimizerState.class,
      description = "What becomes of the moments (default: asymmetric).")
  private OptimizerStateStrategy optimizerState = OptimizerStateStrategy.ASYMMETRIC;

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

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    ExpansionSpec expansion =
        new ExpansionSpec(
            hiddenSize,
            innerSize,
            initialization,
            optimizerState,
            new RewarmupSpec(rewarmupRatio, rewarmupSteps));
    Problems problems = new Problems();
    Availability.checkExpansion("--", expansion, problems);
    problems.require(rewarmupRatio > 0, "--rewarmup-ratio", rewarmupRatio + " is not above 0");
    problems.require(rewarmupSteps >= 0, "--rewarmup-steps", rewarmupSteps + " is negative");
    problems.throwIfAny();
    try (Arguments.Located source = Arguments.locate("--from", from);
        Arguments.Located target = Arguments.locate("--to", to)) {
      if (Checkpoints.exists(target.store(), target.folder())) {
        throw new UserError("--to: " + to + " holds a checkpoint already; name another folder");
      }
      ExpansionReport report =
          Arguments.input(
              "--from",
              () ->
                  ExpansionRun.run(
                      source.store(), source.folder(), target.store(), target.folder(), expansion));
      PrintWriter out = spec.commandLine().getOut();
      print(report, out);
      out.printf("written to %s%n", to);
      out.flush();
    }
    return 0;
  }

  /** Two lines on what an expansion did. */
  static void print(ExpansionReport report, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "expansion: hidden %d to %d, inner %d to %d, %s to %s parameters%n",
        report.widths().hiddenSize(),
        report.newWidths().hiddenSize(),
        report.widths().innerSize(),
        report.newWidths().innerSize(),
        Format.count(report.parameters()),
        Format.count(report.newParameters()));
  }
}
