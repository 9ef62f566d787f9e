package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import java.util.Set;

/**
 * A job that asks whether a held stage can resume, without holding a GPU. It ends once the cause of
 * the hold seems to be gone.
 *
 * @param work work that is held: training or expanding
 * @param reason reason of the hold
 * @param number number of the hold since the stage's newest checkpoint; the larger it is, the later
 *     the check begins, because earlier checks did not find the cause
 */
public record Check(Work work, String reason, int number) {

  /** Reasons of the kubelet that concern the image, which only a pod with that image can try. */
  private static final Set<String> IMAGE_REASONS =
      Set.of("ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName");

  private static final long FIRST_DELAY_SECONDS = 20;
  private static final long LONGEST_DELAY_SECONDS = 1800;

  /** Whether the check is whether the worker's image can be pulled. */
  boolean isOfImage() {
    return IMAGE_REASONS.contains(reason);
  }

  /** Returns the time before the check begins: 0, 20, 40, ... seconds, at most half an hour. */
  long delaySeconds() {
    return number <= 1
        ? 0
        : Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS << Math.min(number - 2, 16));
  }
}
