package dev.sparkling.operator.workload;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import java.util.LinkedHashMap;
import java.util.Map;

/** Labels and annotations of a run's objects. */
public final class Labels {

  public static final String RUN = "sparkling.dev/run";
  public static final String STAGE = "sparkling.dev/stage";
  public static final String WORK = "sparkling.dev/work";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String OPERATOR = "sparkling-operator";

  /** Annotation of a job: the number of failed attempts of the jobs that it replaces. */
  public static final String ATTEMPTS = "sparkling.dev/attempts";

  /** Annotation of a check: the start time of the hold that it checks. */
  public static final String HOLD = "sparkling.dev/hold";

  /** Selector of all objects that a Sparkling operator has created. */
  public static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  /** Prefix of Kueue's labels, which are copied from the resource to its jobs. */
  private static final String KUEUE = "kueue.x-k8s.io/";

  private Labels() {}

  static Map<String, String> of(ProgressiveTrainingResource run, String stage, Work work) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app.kubernetes.io/name", "sparkling");
    labels.put("app.kubernetes.io/part-of", "sparkling");
    labels.put(MANAGED_BY, OPERATOR);
    labels.put(RUN, run.getMetadata().getName());
    if (!stage.isEmpty()) {
      labels.put(STAGE, stage);
    }
    labels.put(WORK, JsonNames.of(work));
    return labels;
  }

  /** Returns whether Kueue queues the run's workers. */
  static boolean isQueued(ProgressiveTrainingResource run) {
    return !queueing(run, Work.TRAIN).isEmpty();
  }

  /**
   * Returns labels for the job only, from which Kueue reads queue and priority. Deletions and
   * checks are not queued, because the queue may never admit them.
   */
  static Map<String, String> queueing(ProgressiveTrainingResource run, Work work) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (work == Work.DELETE || work == Work.CHECK) {
      return labels;
    }
    Map<String, String> own = run.getMetadata().getLabels();
    if (own != null) {
      own.forEach(
          (key, value) -> {
            if (key.startsWith(KUEUE)) {
              labels.put(key, value);
            }
          });
    }
    return labels;
  }
}
