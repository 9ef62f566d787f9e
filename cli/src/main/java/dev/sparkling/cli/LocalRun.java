package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.stage.StageObservation;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.run.TrainingJob;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.run.TrainingRun;
import dev.sparkling.trainer.torch.Device;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The local adapter of the stage machine: observes the store, asks what must happen next, and does
 * it in this process.
 */
final class LocalRun {

  private final ProgressiveTrainingSpec spec;
  private final RunPlan plan;
  private final ObjectStore store;
  private final Dataset training;
  private final Dataset validation;
  private final Device device;
  private final TrainingListener listener;
  private final PrintWriter out;
  private final BooleanSupplier stopRequested;
  private final Map<String, Failure> failures = new HashMap<>();

  private record Failure(RuntimeException error, int attempts) {
    ErrorClass errorClass() {
      return ErrorClass.of(error);
    }
  }

  LocalRun(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      ObjectStore store,
      Dataset training,
      Dataset validation,
      Device device,
      TrainingListener listener,
      PrintWriter out,
      BooleanSupplier stopRequested) {
    this.spec = spec;
    this.plan = plan;
    this.store = store;
    this.training = training;
    this.validation = validation;
    this.device = device;
    this.listener = listener;
    this.out = out;
    this.stopRequested = stopRequested;
  }

  /**
   * Compares what is stored with what is asked for, before anything is decided from it.
   *
   * @throws UserError naming every setting that a run has used and that differs now
   */
  void checkIdentity() {
    RunIdentity.DataFingerprints data =
        new RunIdentity.DataFingerprints(training.fingerprint(), training.index().tokenizer());
    new RunIdentity(spec, plan, Optional.of(data)).check(store);
  }

  /** What must happen next, from the store alone. */
  Decision decide() {
    List<StageObservation> stages = plan.stages().stream().map(this::observe).toList();
    return StageMachine.decide(new Observed(plan, spec.suspend(), spec.retries(), stages));
  }

  /**
   * Goes on until the run is complete, suspended or asked to stop.
   *
   * @return the last decision
   * @throws SparklingException of the stage that failed for good
   */
  Decision run() {
    while (true) {
      Decision decision = decide();
      switch (decision) {
        case Decision.LaunchExpander(StagePlan stage) -> attempt(stage, () -> expand(stage));
        case Decision.LaunchTrainer(StagePlan stage) -> attempt(stage, () -> train(stage));
        case Decision.Fail fail ->
            throw Objects.requireNonNull(failures.get(fail.stage().name())).error();
        case Decision.Await _ ->
            throw new IllegalStateException("a local worker has ended when its call returns");
        case Decision.Complete _, Decision.Suspend _ -> {
          return decision;
        }
      }
      if (stopRequested.getAsBoolean()) {
        return decision;
      }
    }
  }

  /**
   * Trains the first stage's model on to the end of the run, to compare with, with the retries of a
   * stage. Does nothing where that is done, and leaves it undone where asked to stop.
   */
  void runControl() {
    StagePlan control = control();
    String start = lastCheckpoint(plan.stages().getFirst());
    while (!controlIsComplete() && !stopRequested.getAsBoolean()) {
      attempt(control, () -> train(control, new Start.FromCheckpoint(start)));
      Failure failure = failures.get(RunLayout.CONTROL);
      if (failure != null
          && (!failure.errorClass().retried() || failure.attempts() > spec.retries())) {
        throw failure.error();
      }
    }
  }

  boolean controlIsComplete() {
    return RunCheckpoints.newestStep(store, RunLayout.CONTROL).orElse(-1) >= plan.totalSteps();
  }

  private StagePlan control() {
    StagePlan narrow = plan.stages().getFirst();
    long tokens = plan.totalTokens() - narrow.tokens();
    return new StagePlan(
        narrow.index(),
        RunLayout.CONTROL,
        null,
        narrow.model(),
        narrow.lastStep(),
        plan.totalSteps(),
        tokens,
        narrow.parameters(),
        narrow.flops() / narrow.tokens() * tokens,
        narrow.checkpointBytes(),
        narrow.memory());
  }

  private StageObservation observe(StagePlan stage) {
    Failure failure = failures.get(stage.name());
    Worker worker =
        failure == null
            ? new Worker.None()
            : new Worker.Failed(
                failure.errorClass(),
                String.valueOf(failure.error().getMessage()),
                failure.attempts());
    return new StageObservation(
        Checkpoints.exists(store, RunLayout.expansion(stage.name())),
        RunCheckpoints.newestStep(store, stage.name()),
        worker);
  }

  private void attempt(StagePlan stage, Runnable work) {
    try {
      work.run();
      failures.remove(stage.name());
    } catch (RuntimeException e) { // a defect is retried too: it costs less than a human
      Failure before = failures.get(stage.name());
      Failure failure = new Failure(e, before == null ? 1 : before.attempts() + 1);
      failures.put(stage.name(), failure);
      if (failure.errorClass().retried() && failure.attempts() <= spec.retries()) {
        listener.warning(
            "%s failed, attempt %d of %d: %s"
                .formatted(
                    stage.name(),
                    failure.attempts(),
                    spec.retries() + 1,
                    e instanceof SparklingException ? e.getMessage() : "internal error: " + e));
      }
    }
  }

  private void train(StagePlan stage) {
    train(
        stage,
        stage.expansion() == null
            ? new Start.RandomWeights()
            : new Start.FromCheckpoint(RunLayout.expansion(stage.name())));
  }

  private void train(StagePlan stage, Start start) {
    TrainingRun.run(
        new TrainingJob(spec, plan, stage, start, Threads.of(spec), device),
        store,
        training,
        validation,
        listener,
        stopRequested);
  }

  private void expand(StagePlan stage) {
    ExpansionSpec expansion = Objects.requireNonNull(stage.expansion());
    StagePlan before = plan.stages().get(stage.index() - 1);
    out.printf("%s: expanding %s%n", stage.name(), store.location(lastCheckpoint(before)));
    out.flush();
    ExpansionRun.run(
            new CheckpointLocation(store, lastCheckpoint(before)),
            new CheckpointLocation(store, RunLayout.expansion(stage.name())),
            expansion,
            ExpansionOptions.DEFAULT.with(stopRequested, new ProgressLines(out)::expansion))
        .ifPresent(report -> ExpandCommand.print(report, out));
    out.flush();
  }

  private static String lastCheckpoint(StagePlan stage) {
    return RunLayout.checkpoint(stage.name(), stage.lastStep());
  }
}
