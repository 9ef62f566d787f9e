package dev.sparkling.trainer.metrics;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.pipeline.layout.RunLayout;
import java.time.Instant;
import java.util.List;

/** The files of a stage's metrics that are written with each checkpoint. */
public final class MetricsFiles {

  private MetricsFiles() {}

  /**
   * Rewrites {@code metrics.jsonl} and {@code metrics.arrow}, and writes the events since the last
   * checkpoint to a new file, because nothing can be appended to an object, and TensorBoard notices
   * files that are added to a folder.
   *
   * @param after step of the last checkpoint; -1 if there is none
   * @param step step of this checkpoint
   * @param now time of this step
   */
  public static void write(
      RunWriter run, String stage, Metrics metrics, long after, long step, Instant now) {
    run.rewrite(RunLayout.metrics(stage), metrics.encode());
    run.rewrite(RunLayout.metricsTable(stage), MetricsTable.encode(metrics));
    run.store().write(run.events(stage, step), EventFile.encode(metrics, after, now));
  }

  /** Reads the stored metrics of a stage, which the run's writer will rewrite. */
  public static Metrics read(RunWriter run, String stage) {
    run.pin(List.of(RunLayout.metrics(stage), RunLayout.metricsTable(stage)));
    return Metrics.read(run.store(), stage);
  }
}
