package dev.sparkling.cli.train;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import org.jspecify.annotations.Nullable;

/** The number of CPU threads: as the resource or an option says, else one for each core. */
public final class ThreadCount {

  /** More would only wait for each other, and a typing error could make the machine unusable. */
  private static final int MOST_PER_CORE = 4;

  private ThreadCount() {}

  /** The count for a run. */
  static int of(ProgressiveTrainingSpec spec) {
    return of("spec.trainer.threads", spec.trainer().threads());
  }

  /**
   * The count, checked against this machine.
   *
   * @param name name of the field or option, for messages
   * @param threads the count that was asked for; null for one thread a core
   */
  public static int of(String name, @Nullable Integer threads) {
    int cores = Runtime.getRuntime().availableProcessors();
    if (threads == null) {
      return cores;
    }
    int most = MOST_PER_CORE * cores;
    if (threads < 1 || threads > most) {
      throw new UserError(
          "%s: %d is outside of 1 to %d, %d for each of this machine's %d cores"
              .formatted(name, threads, most, MOST_PER_CORE, cores));
    }
    return threads;
  }
}
