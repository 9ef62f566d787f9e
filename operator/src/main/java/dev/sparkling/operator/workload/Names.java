package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;

/**
 * The names of a run's objects. The same work has the same name, so that creating a job is
 * idempotent.
 */
public final class Names {

  /** Length to which Kubernetes truncates a pod's prefix before it appends random characters. */
  private static final int LONGEST_POD_PREFIX = 58;

  private static final int RANDOM_CHARACTERS = 5;

  private Names() {}

  /**
   * Returns the name of a job and of the config map with its document.
   *
   * @param stage name of the stage; empty for the work of a whole run
   */
  public static String of(String run, String stage, Work work) {
    String end = JsonNames.of(work);
    return stage.isEmpty() ? run + "-" + end : run + "-" + stage + "-" + end;
  }

  /** Whether a pod's name was generated for a job. */
  public static boolean isPodOf(String pod, String job) {
    String prefix = job + "-";
    String cut = prefix.substring(0, Math.min(prefix.length(), LONGEST_POD_PREFIX));
    return pod.startsWith(cut) && pod.length() == cut.length() + RANDOM_CHARACTERS;
  }
}
