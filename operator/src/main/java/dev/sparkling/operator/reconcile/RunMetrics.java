package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Metrics of the operator and its runs. */
final class RunMetrics {

  private final MeterRegistry registry;
  private final Counter patches;
  private final Counter errors;

  RunMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.patches =
        Counter.builder("sparkling.status.patches")
            .description("Statuses written to the API server")
            .register(registry);
    this.errors =
        Counter.builder("sparkling.reconcile.errors")
            .description("Reconciliations that ended with an error and are retried")
            .register(registry);
  }

  /** Registers gauges for the number of runs by phase, counted at each scrape. */
  void registerRuns(Supplier<Stream<ProgressiveTrainingResource>> runs) {
    for (Phase phase : Phase.values()) {
      Gauge.builder("sparkling.runs", () -> runs.get().filter(run -> phase == phaseOf(run)).count())
          .description("Runs by phase")
          .tag("phase", JsonNames.of(phase))
          .register(registry);
    }
  }

  private static Phase phaseOf(ProgressiveTrainingResource run) {
    ProgressiveTrainingStatus status = run.getStatus();
    return status == null || status.phase() == null ? Phase.PENDING : status.phase();
  }

  /** Times a reconciliation. */
  <T> T reconcile(Supplier<T> pass) {
    Timer.Sample sample = Timer.start(registry);
    String result = "error";
    try {
      T value = pass.get();
      result = "success";
      return value;
    } finally {
      if (result.equals("error")) {
        errors.increment();
      }
      sample.stop(
          Timer.builder("sparkling.reconcile")
              .description(
                  "One pass: observe, decide, act, and the status patch if anything changed")
              .tag("result", result)
              .publishPercentileHistogram()
              .register(registry));
    }
  }

  /** Counts a written status, and records the durations of work that it shows to be complete. */
  void recordStatus(@Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    patches.increment();
    for (int i = 0; i < after.stages().size(); i++) {
      StageStatus now = after.stages().get(i);
      StageStatus known =
          before == null || i >= before.stages().size() ? null : before.stages().get(i);
      ExpansionStatus expansion = now.expansion();
      if (expansion != null
          && expansion.seconds() != null
          && (known == null || known.expansion() == null)) {
        recordDuration(Work.EXPAND, Duration.ofMillis(Math.round(1e3 * expansion.seconds())));
      }
      if (now.state() == StageState.SUCCEEDED
          && (known == null || known.state() != StageState.SUCCEEDED)
          && now.times().startedAt() != null
          && now.times().finishedAt() != null) {
        recordDuration(
            Work.TRAIN,
            Duration.between(
                Instant.parse(now.times().startedAt()), Instant.parse(now.times().finishedAt())));
      }
    }
  }

  private void recordDuration(Work work, Duration duration) {
    Timer.builder("sparkling.stage.duration")
        .description(
            "Time of a stage from its first job to its last checkpoint, and of an expansion")
        .tag("work", JsonNames.of(work))
        .register(registry)
        .record(duration);
  }
}
