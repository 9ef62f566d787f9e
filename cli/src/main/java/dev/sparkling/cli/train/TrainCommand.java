package dev.sparkling.cli.train;

import dev.sparkling.cli.data.RunDatasets;
import dev.sparkling.cli.train.StageTraining.DeviceChoice;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.worker.argument.JobInput;
import dev.sparkling.worker.process.CommandProcess;
import dev.sparkling.worker.process.StopSignal;
import dev.sparkling.worker.process.WorkerOptions;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunSession;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
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
      "Resumes from the stage's newest checkpoint. Without one it starts from the",
      "stage's expansion or, in the first stage, from random weights."
    },
    mixinStandardHelpOptions = true)
public final class TrainCommand implements Callable<Integer>, CommandProcess.ReportsProgress {

  /** The setting by which a launcher chooses the device of a pod. */
  private static final String JOB_DEVICE = "spec.trainer.resources.limits: device";

  @ArgGroup(multiplicity = "1")
  private TrainInput input;

  @Option(
      names = "--progress-port",
      paramLabel = "N",
      description = "Serve /progress and /metrics on this port (default: none).",
      defaultValue = "0")
  private int progressPort;

  @Mixin private DeviceOption device;

  @Mixin private WorkerOptions worker;

  @Spec private CommandSpec commandSpec;

  private @Nullable TrainerProgress progress;

  /** The stage to train, from a job document or a resource file. */
  static final class TrainInput extends JobInput {
    @ArgGroup(exclusive = false)
    private @Nullable StageArguments stage;
  }

  /** A stage of a resource file. */
  static final class StageArguments {
    @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
    private Path file;

    @Option(
        names = "--stage",
        paramLabel = "NAME",
        required = true,
        description = "The stage to train.")
    private String stage;

    @Option(
        names = "--store",
        paramLabel = "URI",
        description = "Location of the run, instead of spec.storage.uri.")
    private @Nullable String store;
  }

  @Override
  public Integer call() {
    PrintWriter out = commandSpec.commandLine().getOut();
    StageArguments arguments = input.stage;
    Assignment assignment =
        arguments == null
            ? Assignment.ofJob(input.job(), Work.TRAIN)
            : Assignment.ofResource(arguments.file, arguments.stage, arguments.store);
    try (StopSignal stop = worker.stopSignal();
        RunSession run = RunSession.open(assignment)) {
      StagePlan stage = stage(assignment, run);
      run.warnings().forEach(warning -> out.println("warning: " + warning));
      // The fingerprints of the data are compared later, when it is opened.
      run.begin(Optional.empty());
      return worker.finish(train(run, stage, stop, out), out);
    }
  }

  @Override
  public @Nullable Progress progress() {
    return progress == null ? null : progress.newest();
  }

  private JobResult train(RunSession run, StagePlan stage, StopSignal stop, PrintWriter out) {
    TrainerProgress stageProgress =
        new TrainerProgress(run.plan(), run.writer(), InstantSource.system());
    long newest = run.writer().checkpoints().newestStep(stage.name()).orElse(stage.firstStep());
    if (newest >= stage.lastStep()) {
      return result(newest, stage, stageProgress.stored(stage, newest));
    }
    progress = stageProgress;
    try (ProgressServer _ = serve(run, stageProgress);
        RunDatasets datasets = RunDatasets.open(run, out, stop::requested);
        TrainingDisplay display = new TrainingDisplay(out)) {
      if (datasets == null) {
        return result(newest, stage, stageProgress.newest());
      }
      StageTraining training =
          new StageTraining(
              run,
              datasets,
              new DeviceChoice(
                  device.device(), input.stage == null ? JOB_DEVICE : DeviceOption.NAME),
              new CompositeListener(List.of(stageProgress, display)),
              stop::requested);
      return result(training.train(run.plan(), stage), stage, stageProgress.newest());
    }
  }

  private @Nullable ProgressServer serve(RunSession run, TrainerProgress stageProgress) {
    return progressPort == 0
        ? null
        : new ProgressServer(progressPort, run.resource().metadata().name(), stageProgress::newest);
  }

  private static JobResult result(long step, StagePlan stage, @Nullable Progress progress) {
    boolean complete = step >= stage.lastStep();
    return new JobResult(
        complete ? Outcome.COMPLETE : Outcome.STOPPED,
        "%s: step %d of %d, %s"
            .formatted(
                stage.name(),
                step,
                stage.lastStep(),
                complete ? "complete" : "stopped; train again to resume"),
        progress,
        null);
  }

  private static StagePlan stage(Assignment assignment, RunSession run) {
    List<String> names = run.plan().stageNames();
    if (!names.contains(assignment.stage())) {
      throw new UserError(
          "--stage: '%s' is not a stage of %s; allowed: %s"
              .formatted(assignment.stage(), assignment.file(), String.join(", ", names)));
    }
    return run.plan().stage(assignment.stage());
  }
}
