package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.cli.pod.ProgressServer;
import dev.sparkling.cli.pod.StoredProgress;
import dev.sparkling.cli.pod.TrainerProgress;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingJob;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.run.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
final class TrainCommand implements Callable<Integer>, Execution.Progressing {

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--progress-port",
      paramLabel = "N",
      description = "Serve /progress and /metrics there (default: ${DEFAULT-VALUE}, none).",
      defaultValue = "0")
  private int progressPort;

  @Mixin private DeviceOption device;

  @Mixin private WorkerOptions worker;

  @Spec private CommandSpec commandSpec;

  private @Nullable TrainerProgress progress;

  /** What to train: a job document, or a resource by hand. */
  static final class Source {
    @Option(names = "--job", paramLabel = "FILE", required = true, description = JobFile.HELP)
    private Path job;

    @ArgGroup(exclusive = false)
    private @Nullable ByHand byHand;
  }

  /** A stage of a resource. */
  static final class ByHand {
    @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
    private Path file;

    @Option(names = "--stage", paramLabel = "NAME", required = true, description = "Which stage.")
    private String stage;

    @Option(
        names = "--store",
        paramLabel = "URI",
        description = "Where the run is kept, instead of spec.storage.uri.")
    private @Nullable String store;
  }

  @Override
  public Integer call() {
    try (StopSignal stop = worker.stopSignal()) {
      JobFile job = job();
      RunPlan plan = RunPlan.of(job.resource().spec());
      StagePlan stage = stage(job, plan);
      try (RunLock _ = RunLock.acquire(job.store());
          ObjectStore store = Arguments.open(job.store(), job.resource().spec().storage())) {
        // The shards are compared where they are opened.
        new RunIdentity(job.resource().spec(), plan, Optional.empty()).check(store);
        long newest = RunCheckpoints.newestStep(store, stage.name()).orElse(-1);
        JobResult ended =
            newest >= stage.lastStep()
                ? ended(newest, stage, StoredProgress.at(newest, plan, stage, store))
                : train(job, plan, stage, store, stop);
        return worker.end(ended, commandSpec.commandLine().getOut());
      }
    }
  }

  @Override
  public @Nullable Progress progress() {
    return progress == null ? null : progress.newest();
  }

  private JobFile job() {
    ByHand byHand = source.byHand;
    return byHand == null
        ? JobFile.read(source.job, Work.TRAIN)
        : JobFile.byHand(byHand.file, byHand.stage, byHand.store);
  }

  private JobResult train(
      JobFile job, RunPlan plan, StagePlan stage, ObjectStore store, StopSignal stop) {
    PrintWriter out = commandSpec.commandLine().getOut();
    TrainerProgress known = new TrainerProgress(plan, store, InstantSource.system());
    progress = known;
    try (ProgressServer _ = serve(job, known);
        RunDatasets datasets = RunDatasets.open(job.resource(), job.file(), out, stop::requested);
        TrainingDisplay display = new TrainingDisplay(out)) {
      if (datasets == null) {
        long newest = RunCheckpoints.newestStep(store, stage.name()).orElse(stage.firstStep());
        return ended(newest, stage, known.newest());
      }
      long step =
          TrainingRun.run(
              new TrainingJob(
                  job.resource().spec(),
                  plan,
                  stage,
                  start(stage, store),
                  Threads.of(job.resource().spec()),
                  device.device()),
              store,
              datasets.training(),
              datasets.validation(),
              new BothListeners(known, display),
              stop::requested);
      return ended(step, stage, known.newest());
    }
  }

  private @Nullable ProgressServer serve(JobFile job, TrainerProgress known) {
    return progressPort == 0
        ? null
        : new ProgressServer(progressPort, job.resource().metadata().name(), known::newest);
  }

  private static JobResult ended(long step, StagePlan stage, @Nullable Progress progress) {
    boolean complete = step >= stage.lastStep();
    return new JobResult(
        complete ? Outcome.COMPLETE : Outcome.STOPPED,
        "%s: step %d of %d, %s"
            .formatted(
                stage.name(),
                step,
                stage.lastStep(),
                complete ? "complete" : "stopped; train again to go on"),
        progress,
        null);
  }

  private static StagePlan stage(JobFile job, RunPlan plan) {
    if (!plan.stageNames().contains(job.stage())) {
      throw new UserError(
          "--stage: '"
              + job.stage()
              + "' is no stage of "
              + job.file()
              + "; allowed: "
              + String.join(", ", plan.stageNames()));
    }
    return plan.stage(job.stage());
  }

  private static Start start(StagePlan stage, ObjectStore store) {
    if (stage.expansion() == null) {
      return new Start.RandomWeights();
    }
    String expansion = RunLayout.expansion(stage.name());
    if (!Checkpoints.exists(store, expansion)
        && RunCheckpoints.newestStep(store, stage.name()).isEmpty()) {
      throw new UserError(
          store.location(expansion)
              + ": is no complete checkpoint; the stage begins with one that 'sparkling expand'"
              + " writes there");
    }
    return new Start.FromCheckpoint(expansion);
  }
}
