package dev.sparkling.cli.train;

import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.status.CheckpointStatus;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Exposes the progress of training as Prometheus gauges, whose values are read at each scrape. */
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

  /** Returns a registry of these gauges and of the JVM's metrics. */
  static PrometheusRegistry of(String run, Supplier<@Nullable Progress> progress) {
    PrometheusRegistry registry = new PrometheusRegistry();
    JvmMetrics.builder().register(registry);
    new TrainerMetrics(registry, run, progress).register();
    return registry;
  }

  private void register() {
    gauge("step", "Optimizer steps done in the whole run.", now -> (double) now.figures().step());
    gauge("last_step", "Last step of the stage.", now -> (double) now.lastStep());
    gauge("tokens", "Tokens trained on in the whole run.", now -> (double) now.figures().tokens());
    gauge(
        "loss", "Loss of the latest step's batch, in nats per token.", now -> now.figures().loss());
    gauge(
        "validation_loss",
        "Latest validation loss, in nats per token.",
        now -> now.figures().validationLoss());
    gauge(
        "tokens_per_second",
        "Moving average of the training speed.",
        now -> now.figures().tokensPerSecond());
    gauge(
        "gradient_norm",
        "Norm of the latest step's gradients, before clipping.",
        now -> now.diagnostics().gradientNorm());
    gauge(
        "model_flops_utilization",
        "Model FLOPs utilization of the latest step, as a fraction.",
        now -> now.diagnostics().modelFlopsUtilization());
    gauge(
        "last_checkpoint_timestamp_seconds",
        "Time at which the newest checkpoint was completed.",
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
