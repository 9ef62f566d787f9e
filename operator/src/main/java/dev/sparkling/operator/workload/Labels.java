package dev.sparkling.operator.workload;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import java.util.LinkedHashMap;
import java.util.Map;

/** Labels of a run's objects. */
public final class Labels {

  public static final String RUN = "sparkling.dev/run";
  public static final String STAGE = "sparkling.dev/stage";
  public static final String WORK = "sparkling.dev/work";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String OPERATOR = "sparkling-operator";

  /** Selects everything that any operator of ours made. */
  public static final String OURS = MANAGED_BY + "=" + OPERATOR;

  /** Kueue's own labels begin so; the resource's are passed on to its jobs. */
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

  /**
   * Of the job alone: Kueue reads queue and priority there. A deletion does not queue, for the
   * queue may have nothing to give for ever.
   */
  static Map<String, String> queueing(ProgressiveTrainingResource run, Work work) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (work == Work.DELETE) {
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
