package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the operator measures of itself and of its runs. */
final class RunMetrics {

  private final MeterRegistry registry;
  private final Counter patches;
  private final Counter errors;

  /** Of every run that there is: a start of the operator reconciles them all. */
  private final Map<ResourceID, Phase> phases = new ConcurrentHashMap<>();

  RunMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.patches =
        Counter.builder("sparkling.status.patches")
            .description("Statuses written to the API server")
            .register(registry);
    this.errors =
        Counter.builder("sparkling.reconcile.errors")
            .description("Reconciliations that ended with an error and are tried again")
            .register(registry);
    for (Phase phase : Phase.values()) {
      Gauge.builder("sparkling.runs", phases, known -> count(known, phase))
          .description("Runs by phase")
          .tag("phase", word(phase))
          .register(registry);
    }
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

  void seen(ProgressiveTrainingResource run, @Nullable Phase phase) {
    phases.put(ResourceID.fromResource(run), phase == null ? Phase.PENDING : phase);
  }

  void gone(ProgressiveTrainingResource run) {
    phases.remove(ResourceID.fromResource(run));
  }

  void written(@Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    patches.increment();
    for (int i = 0; i < after.stages().size(); i++) {
      StageStatus now = after.stages().get(i);
      StageStatus then =
          before == null || i >= before.stages().size() ? null : before.stages().get(i);
      ExpansionStatus expansion = now.expansion();
      if (expansion != null
          && expansion.seconds() != null
          && (then == null || then.expansion() == null)) {
        duration(Work.EXPAND, Duration.ofMillis(Math.round(1e3 * expansion.seconds())));
      }
      if (now.state() == StageState.SUCCEEDED
          && (then == null || then.state() != StageState.SUCCEEDED)
          && now.startedAt() != null
          && now.finishedAt() != null) {
        duration(
            Work.TRAIN,
            Duration.between(Instant.parse(now.startedAt()), Instant.parse(now.finishedAt())));
      }
    }
  }

  private void duration(Work work, Duration duration) {
    Timer.builder("sparkling.stage.duration")
        .description("Stages from their first job to their last checkpoint, and expansions alone")
        .tag("work", Labels.word(work))
        .register(registry)
        .record(duration);
  }

  private static double count(Map<ResourceID, Phase> phases, Phase phase) {
    return phases.values().stream().filter(known -> known == phase).count();
  }

  private static String word(Phase phase) {
    String name = phase.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }
}
