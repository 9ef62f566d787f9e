package dev.sparkling.cli.run;

import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.cli.data.RunDatasets;
import dev.sparkling.cli.train.DeviceOption;
import dev.sparkling.cli.train.StageTraining;
import dev.sparkling.cli.train.StageTraining.DeviceChoice;
import dev.sparkling.cli.train.TrainingDisplay;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.worker.expand.StageExpansion;
import dev.sparkling.worker.process.StopSignal;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunSession;
import dev.sparkling.worker.text.ProgressLines;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "run",
    description = {
      "Runs all stages and expansions on this machine.",
      "After an interruption, run it again to resume from the newest checkpoint."
    },
    mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {

  private static final String STOPPED = "stopped; run again to resume";

  @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
  private Path file;

  @Option(
      names = "--store",
      paramLabel = "URI",
      description = "Location of the run, instead of spec.storage.uri.")
  private @Nullable String store;

  @Option(
      names = "--control",
      negatable = true,
      description =
          "Also train the first stage's model to the end of the run, for comparison (default: the"
              + " value of the annotation "
              + ProgressiveTraining.CONTROL_ANNOTATION
              + ").")
  private @Nullable Boolean control;

  @Mixin private DeviceOption device;

  @Spec private CommandSpec commandSpec;

  @Override
  public Integer call() {
    PrintWriter out = commandSpec.commandLine().getOut();
    try (StopSignal stop = new StopSignal();
        RunSession run = RunSession.open(Assignment.ofResource(file, "", store))) {
      PlanText.lines(run.plan()).forEach(out::println);
      run.warnings().forEach(warning -> out.println("warning: " + warning));
      out.flush();
      // Data is opened first, so that a run without data writes nothing.
      try (RunDatasets datasets = RunDatasets.open(run, out, stop::requested)) {
        if (datasets == null) {
          out.println(STOPPED);
        } else {
          carryOut(run, datasets, stop, out);
        }
      }
      out.flush();
      return stop.requested() ? Outcome.STOPPED_EXIT_CODE : 0;
    }
  }

  private void carryOut(RunSession run, RunDatasets datasets, StopSignal stop, PrintWriter out) {
    run.begin(
        Optional.of(
            new RunIdentity.DataFingerprints(
                datasets.training().fingerprint(), datasets.training().index().tokenizer())));
    try (TrainingDisplay display = new TrainingDisplay(out)) {
      LocalRun local =
          new LocalRun(
              run,
              new StageTraining(
                  run,
                  datasets,
                  new DeviceChoice(device.device(), DeviceOption.NAME),
                  display,
                  stop::requested),
              new StageExpansion(run, stop::requested, new ProgressLines(out)::expansion),
              out);
      // Without a control, the second plan is the first one, which is then already complete.
      RunPlan last = wantsControl(run.resource()) ? run.plan().control() : run.plan();
      boolean wasComplete =
          Stream.of(run.plan(), last)
              .allMatch(plan -> local.decide(plan) instanceof Decision.Complete);
      Decision decision = local.carryOut(run.plan());
      if (decision instanceof Decision.Complete) {
        decision = local.carryOut(last);
      }
      switch (decision) {
        case Decision.Complete _ -> {
          if (wasComplete) {
            out.println(run.resource().metadata().name() + " is already complete");
          }
          ResultTable.of(run, datasets.validation()).forEach(out::println);
        }
        case Decision.Suspend _ -> out.println("spec.suspend is true; set it to false to resume");
        case Decision.LaunchExpander _,
            Decision.LaunchTrainer _,
            Decision.Await _,
            Decision.Wait _,
            Decision.Fail _ ->
            out.println(STOPPED);
      }
    }
  }

  private boolean wantsControl(ProgressiveTraining resource) {
    return control == null
        ? Boolean.parseBoolean(
            resource.metadata().annotations().get(ProgressiveTraining.CONTROL_ANNOTATION))
        : control;
  }
}
