package dev.sparkling.trainer.metrics;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import java.time.Instant;

/** All that a checkpoint stores of a stage's metrics. */
public final class MetricsFiles {

  private MetricsFiles() {}

  /**
   * Writes {@code metrics.jsonl} and {@code metrics.arrow} whole, and the events since the
   * checkpoint before as a file of their own: TensorBoard follows a folder to which files are
   * added, and objects cannot be appended to.
   *
   * @param after the step of the checkpoint before; less than any step where there is none
   * @param step of this checkpoint
   */
  public static void write(
      ObjectStore store, String stage, Metrics metrics, long after, long step, Instant now) {
    metrics.write(store, stage);
    store.write(RunLayout.metricsTable(stage), MetricsTable.encode(metrics));
    store.write(RunLayout.events(stage, step), EventFile.encode(metrics, after, now));
  }
}
