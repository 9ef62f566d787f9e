package dev.sparkling.operator.status;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.PolledProgress;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** Passes over one run, without the cluster: jobs and pods become a decision and a status. */
@NullUnmarked // a pass sets the fields that are read here
abstract class RunPasses {

  static final RunPlan PLAN = RunPlan.of(TestObjects.run().getSpec());

  final ProgressiveTrainingResource run = TestObjects.run();
  Instant now = Instant.parse("2026-01-01T02:00:00Z");
  @Nullable ProgressiveTrainingStatus status;
  @Nullable Decision decision;
  List<Action> actions = List.of();

  StatusFactory statuses() {
    return new StatusFactory(() -> now);
  }

  void training(long step, double loss, double tokensPerSecond) {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Progress progress =
        new Progress(
            "narrow",
            100,
            new TrainingFigures(step, step * 512, loss, null, tokensPerSecond),
            StageStart.UNKNOWN,
            StepDiagnostics.UNKNOWN,
            step < 20 ? null : new CheckpointStatus("s3://c", step / 20 * 20, TestObjects.START),
            TestObjects.START);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.running())),
        Optional.of(new PolledProgress("p", progress)));
  }

  void pass(List<Job> jobs, List<Pod> pods) {
    pass(jobs, pods, Optional.empty());
  }

  void pass(List<Job> jobs, List<Pod> pods, Optional<PolledProgress> polled) {
    pass(new RunJobs(jobs, pods, now), polled);
  }

  void pass(RunJobs jobs) {
    pass(jobs, Optional.empty());
  }

  void pass(RunJobs jobs, Optional<PolledProgress> polled) {
    run.setStatus(status);
    Assessment assessment = Assessment.of(run, jobs, polled, statuses());
    decision = assessment instanceof Assessment.Decided(Decision decided, _, _) ? decided : null;
    actions = assessment.actions();
    status = assessment.status();
  }

  static RunJobs withEvent(Job job, Pod pod, Event warning) {
    return new RunJobs(List.of(job), List.of(pod), Instant.EPOCH).with(List.of(warning));
  }

  StageStatus stage(int index) {
    return status.stages().get(index);
  }

  Condition condition(String type) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
  }
}
