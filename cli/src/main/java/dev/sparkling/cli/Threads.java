package dev.sparkling.cli;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;

/** CPU threads of a run: what the resource says, else all cores. */
final class Threads {

  private Threads() {}

  static int of(ProgressiveTrainingSpec spec) {
    Integer threads = spec.trainer().threads();
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
