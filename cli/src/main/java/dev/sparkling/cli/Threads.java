package dev.sparkling.cli;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import org.jspecify.annotations.Nullable;

/** CPU threads: what the resource or an option says, else all cores. */
final class Threads {

  /** More only wait for each other; a slip of the keyboard takes the machine down. */
  private static final int MOST_PER_CORE = 4;

  private Threads() {}

  static int of(ProgressiveTrainingSpec spec) {
    return of("spec.trainer.threads", spec.trainer().threads());
  }

  /**
   * The count, checked against this machine.
   *
   * @param name of the field or option, for messages
   */
  static int of(String name, @Nullable Integer threads) {
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
