package dev.sparkling.cli.pod;

import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.status.CheckpointStatus;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The progress as Prometheus gauges, read when they are asked for. */
final class TrainerMetrics {

  private static final String PREFIX = "sparkling_trainer_";
  private static final double MILLIS_PER_SECOND = 1000;

  private final PrometheusRegistry registry;
  private final String run;
  private final Supplier<@Nullable Progress> progress;

  private TrainerMetrics(
      PrometheusRegistry registry, String run, Supplier<@Nullable Progress> progress) {
    this.registry = registry;
    this.run = run;
    this.progress = progress;
  }

  /** All of them, and the JVM's. */
  static PrometheusRegistry of(String run, Supplier<@Nullable Progress> progress) {
    PrometheusRegistry registry = new PrometheusRegistry();
    JvmMetrics.builder().register(registry);
    new TrainerMetrics(registry, run, progress).register();
    return registry;
  }

  private void register() {
    gauge(
        "step", "Optimizer steps done, over the whole run.", now -> (double) now.figures().step());
    gauge("last_step", "The step that the stage ends with.", now -> (double) now.lastStep());
    gauge(
        "tokens", "Tokens trained on, over the whole run.", now -> (double) now.figures().tokens());
    gauge("loss", "Loss of the newest step's batch, in nats a token.", now -> now.figures().loss());
    gauge(
        "validation_loss",
        "Newest validation loss, in nats a token.",
        now -> now.figures().validationLoss());
    gauge(
        "tokens_per_second",
        "Mean speed of the last steps.",
        now -> now.figures().tokensPerSecond());
    gauge(
        "gradient_norm",
        "Of the newest step, before clipping.",
        now -> now.diagnostics().gradientNorm());
    gauge(
        "model_flops_utilization",
        "FLOPs of the newest step's matrix products over what the machine could have done.",
        now -> now.diagnostics().modelFlopsUtilization());
    gauge(
        "last_checkpoint_timestamp_seconds",
        "When the newest checkpoint was complete.",
        now -> seconds(now.checkpoint()));
  }

  private void gauge(String name, String help, Function<Progress, @Nullable Double> value) {
    GaugeWithCallback.builder()
        .name(PREFIX + name)
        .help(help)
        .labelNames("run", "stage")
        .callback(
            gauge -> {
              Progress now = progress.get();
              Double known = now == null ? null : value.apply(now);
              if (now != null && known != null) {
                gauge.call(known, run, now.stage());
              }
            })
        .register(registry);
  }

  private static @Nullable Double seconds(@Nullable CheckpointStatus checkpoint) {
    return checkpoint == null
        ? null
        : Instant.parse(checkpoint.time()).toEpochMilli() / MILLIS_PER_SECOND;
  }
}
