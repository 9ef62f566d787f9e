package dev.sparkling.cli.run;

import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.cli.train.StageTraining;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.stage.StageObservation;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.worker.expand.ExpansionText;
import dev.sparkling.worker.expand.StageExpansion;
import dev.sparkling.worker.expand.StageExpansion.Expanded;
import dev.sparkling.worker.run.RunSession;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The local adapter of the stage machine: it observes the store, calls the stage machine, and
 * carries out its decisions in this process.
 */
final class LocalRun {

  private final RunSession run;
  private final StageTraining training;
  private final StageExpansion expansion;
  private final PrintWriter out;
  private final Map<String, Failure> failures = new HashMap<>();

  private record Failure(RuntimeException error, int attempts) {
    Worker worker() {
      return new Worker.Failed(ErrorReason.of(error), String.valueOf(error.getMessage()), attempts);
    }
  }

  LocalRun(RunSession run, StageTraining training, StageExpansion expansion, PrintWriter out) {
    this.run = run;
    this.training = training;
    this.expansion = expansion;
    this.out = out;
  }

  /**
   * Decides what to do next.
   *
   * @param plan plan of the run, or of its control
   */
  Decision decide(RunPlan plan) {
    List<StageObservation> stages = plan.stages().stream().map(this::observe).toList();
    return StageMachine.decide(
        new Observed(plan, run.spec().suspend(), run.spec().retries(), stages));
  }

  /**
   * Carries out a plan until it is complete or suspended, or until a stop is requested.
   *
   * @param plan plan of the run, or of its control
   * @return the last decision
   * @throws SparklingException the error of a stage that has failed and is not retried
   */
  Decision carryOut(RunPlan plan) {
    while (true) {
      Decision decision = decide(plan);
      switch (decision) {
        case Decision.LaunchExpander(StagePlan stage) -> attempt(stage, () -> expand(stage));
        case Decision.LaunchTrainer(StagePlan stage) ->
            attempt(stage, () -> training.train(plan, stage));
        // A local run does not wait: the user reads the error and runs it again.
        case Decision.Wait wait -> throw errorOf(wait.stage());
        case Decision.Fail fail -> throw errorOf(fail.stage());
        case Decision.Await _ ->
            throw new IllegalStateException("a local worker ends when its call returns");
        case Decision.Complete _, Decision.Suspend _ -> {
          return decision;
        }
      }
      if (training.stopRequested().getAsBoolean()) {
        return decision;
      }
    }
  }

  private RuntimeException errorOf(StagePlan stage) {
    return Objects.requireNonNull(failures.get(stage.name())).error();
  }

  private StageObservation observe(StagePlan stage) {
    Failure failure = failures.get(stage.name());
    RunCheckpoints checkpoints = run.writer().checkpoints();
    return new StageObservation(
        checkpoints.expansion(stage.name()).isPresent(),
        checkpoints.newestStep(stage.name()),
        failure == null ? new Worker.None() : failure.worker());
  }

  /**
   * Runs a stage's work. If it fails, the failure is recorded, and the stage machine decides
   * whether to retry.
   */
  private void attempt(StagePlan stage, Runnable work) {
    Failure before = failures.get(stage.name());
    int attempt = before == null ? 1 : before.attempts() + 1;
    if (before != null) {
      training
          .listener()
          .warning(
              "%s: attempt %d of %d failed, trying again: %s"
                  .formatted(
                      stage.name(),
                      before.attempts(),
                      run.spec().retries() + 1,
                      before.error() instanceof SparklingException known
                          ? known.getMessage()
                          : "internal error: " + before.error()));
    }
    try {
      work.run();
      failures.remove(stage.name());
    } catch (RuntimeException e) { // includes bugs, which may occur only sometimes
      failures.put(stage.name(), new Failure(e, attempt));
    }
  }

  private void expand(StagePlan stage) {
    String source = run.store().location(expansion.source(stage).folder());
    out.printf("%s: expanding %s%n", stage.name(), source);
    out.flush();
    expansion
        .into(stage)
        .flatMap(Expanded::report)
        .ifPresent(done -> ExpansionText.lines(done).forEach(out::println));
    out.flush();
  }
}
