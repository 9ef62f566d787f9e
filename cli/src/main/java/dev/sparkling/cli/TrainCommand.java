package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.RunLayout;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.trainer.run.TrainingJob;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.run.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "train",
    description = {
      "Trains one stage of a run.",
      "From its newest checkpoint, else its expansion, else random weights."
    },
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
  private Path file;

  @Option(names = "--stage", paramLabel = "NAME", required = true, description = "Which stage.")
  private String stageName;

  @Option(
      names = "--store",
      paramLabel = "URI",
      description = "Where the run is kept, instead of spec.storage.uri.")
  private @Nullable String store;

  @Spec private CommandSpec commandSpec;

  @Override
  public Integer call() {
    PrintWriter out = commandSpec.commandLine().getOut();
    ProgressiveTraining resource = Arguments.resource(file);
    RunPlan plan = RunPlan.of(resource.spec());
    StagePlan stage = stage(plan);
    StoreUri uri =
        store == null
            ? StoreUri.parse("spec.storage.uri", resource.spec().storage().uri())
            : StoreUri.parse("--store", store);
    try (StopSignal stop = new StopSignal();
        RunLock _ = RunLock.acquire(uri);
        ObjectStore runStore = Arguments.open(uri);
        RunDatasets datasets = RunDatasets.open(resource, file, out);
        TrainingDisplay display = new TrainingDisplay(out)) {
      long step =
          TrainingRun.run(
              new TrainingJob(
                  resource.spec(),
                  plan,
                  stage,
                  start(stage, runStore),
                  Threads.of(resource.spec())),
              runStore,
              datasets.training(),
              datasets.validation(),
              display,
              stop::requested);
      out.printf(
          "%s: step %d of %d, %s%n",
          stage.name(),
          step,
          stage.lastStep(),
          step == stage.lastStep() ? "complete" : "stopped; train again to go on");
    }
    out.flush();
    return 0;
  }

  private StagePlan stage(RunPlan plan) {
    if (!plan.stageNames().contains(stageName)) {
      throw new UserError(
          "--stage: '"
              + stageName
              + "' is no stage of "
              + file
              + "; allowed: "
              + String.join(", ", plan.stageNames()));
    }
    return plan.stage(stageName);
  }

  private static Start start(StagePlan stage, ObjectStore store) {
    if (stage.expansion() == null) {
      return new Start.RandomWeights();
    }
    String expansion = RunLayout.expansion(stage.name());
    if (!Checkpoints.exists(store, expansion)
        && Checkpoints.newestStep(store, stage.name()).isEmpty()) {
      throw new UserError(
          store.location(expansion)
              + ": is no complete checkpoint; the stage begins with one that 'sparkling expand'"
              + " writes there");
    }
    return new Start.FromCheckpoint(expansion);
  }
}
