package dev.sparkling.cli.train;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import org.jspecify.annotations.Nullable;

/** The number of CPU threads, from the resource or an option; one for each core by default. */
public final class ThreadCount {

  /**
   * More threads would only slow each other down, and a typing error could make the machine
   * unusable.
   */
  private static final int MAX_PER_CORE = 4;

  private ThreadCount() {}

  /** Returns the number of threads for a run. */
  static int of(ProgressiveTrainingSpec spec) {
    return of("spec.trainer.threads", spec.trainer().threads());
  }

  /**
   * Returns the number of threads, checked against this machine.
   *
   * @param name name of the field or option, for messages
   * @param threads requested number; null for one thread per core
   */
  public static int of(String name, @Nullable Integer threads) {
    int cores = Runtime.getRuntime().availableProcessors();
    if (threads == null) {
      return cores;
    }
    int max = MAX_PER_CORE * cores;
    if (threads < 1 || threads > max) {
      throw new UserError(
          "%s: %d is outside of 1 to %d, %d for each of this machine's %d cores"
              .formatted(name, threads, max, MAX_PER_CORE, cores));
    }
    return threads;
  }
}
