package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.stage.Decision;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
      "Run again after any interruption: it goes on from the newest checkpoint."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

  private static final String STOPPED = "stopped; run again to go on";

  @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
  private Path file;

  @Option(
      names = "--store",
      paramLabel = "URI",
      description = "Where to keep the run, instead of spec.storage.uri.")
  private @Nullable String store;

  @Option(
      names = "--control",
      negatable = true,
      description =
          "Also train the first stage's model to the end, to compare with (default: what the"
              + " annotation "
              + ProgressiveTraining.CONTROL_ANNOTATION
              + " says).")
  private @Nullable Boolean control;

  @Mixin private DeviceOption device;

  @Spec private CommandSpec commandSpec;

  @Override
  public Integer call() {
    PrintWriter out = commandSpec.commandLine().getOut();
    ProgressiveTraining resource = Arguments.resource(file);
    ProgressiveTrainingSpec spec = resource.spec();
    RunPlan plan = RunPlan.of(spec);
    StoreUri uri =
        store == null
            ? StoreUri.parse("spec.storage.uri", spec.storage().uri())
            : StoreUri.parse("--store", store);
    PlanCommand.print(plan, out);
    out.flush();
    // The data first: a run that has none leaves nothing behind.
    try (StopSignal stop = new StopSignal();
        RunDatasets datasets = RunDatasets.open(resource, file, out, stop::requested)) {
      if (datasets == null) {
        out.println(STOPPED);
      } else {
        run(resource, plan, uri, datasets, stop);
      }
      out.flush();
      return stop.requested() ? Outcome.STOPPED_EXIT_CODE : 0;
    }
  }

  private void run(
      ProgressiveTraining resource,
      RunPlan plan,
      StoreUri uri,
      RunDatasets datasets,
      StopSignal stop) {
    PrintWriter out = commandSpec.commandLine().getOut();
    try (RunLock _ = RunLock.acquire(uri);
        ObjectStore runStore = Arguments.open(uri, resource.spec().storage());
        TrainingDisplay display = new TrainingDisplay(out)) {
      LocalRun run =
          new LocalRun(
              resource.spec(),
              plan,
              runStore,
              datasets.training(),
              datasets.validation(),
              device.device(),
              display,
              out,
              stop::requested);
      run.checkIdentity();
      boolean withControl = wantsControl(resource);
      boolean wasComplete =
          run.decide() instanceof Decision.Complete && (!withControl || run.controlIsComplete());
      Decision decision = run.run();
      if (decision instanceof Decision.Complete && withControl) {
        run.runControl();
      }
      switch (decision) {
        case Decision.Complete _ when withControl && !run.controlIsComplete() ->
            out.println(STOPPED);
        case Decision.Complete _ -> {
          if (wasComplete) {
            out.println(resource.metadata().name() + " is complete; nothing was left to do");
          }
          ResultTable.print(plan, runStore, datasets, out);
        }
        case Decision.Suspend _ -> out.println("spec.suspend is true; set it to false to go on");
        case Decision.LaunchExpander _,
            Decision.LaunchTrainer _,
            Decision.Await _,
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
