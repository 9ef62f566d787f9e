package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;

/**
 * Names of a run's objects: the same work has the same name, so that doing it twice is harmless.
 */
public final class Names {

  private Names() {}

  /**
   * The job of a work, and the config map of its document.
   *
   * @param stage empty for the work of a whole run
   */
  public static String of(String run, String stage, Work work) {
    String end = JsonNames.of(work);
    return stage.isEmpty() ? run + "-" + end : run + "-" + stage + "-" + end;
  }
}
