package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;

/** Names of a run's objects: the same work has the same name, so that creating it is idempotent. */
public final class Names {

  /** Kubernetes cuts a pod's prefix to this length before it appends the random characters. */
  private static final int LONGEST_POD_PREFIX = 58;

  private static final int RANDOM_CHARACTERS = 5;

  private Names() {}

  /**
   * The name of a job, and of the config map with its document.
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
