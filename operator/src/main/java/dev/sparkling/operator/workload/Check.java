package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.HoldStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * A job that checks whether a held stage can resume, without using a GPU. It ends once the cause of
 * the hold seems to be gone.
 *
 * @param work work that is held: training or expanding
 */
public record Check(Work work, HoldStatus hold) {

  /** Reasons of the kubelet that concern the image, which only a pod with that image can try. */
  private static final Set<String> IMAGE_REASONS =
      Set.of("ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName");

  private static final Duration FIRST_DELAY = Duration.ofSeconds(20);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(30);

  /** Number of doublings after which the delay is far beyond the longest one. */
  private static final int MOST_DOUBLINGS = 16;

  /** Whether the check only pulls the worker's image. */
  boolean isOfImage() {
    return IMAGE_REASONS.contains(hold.reason());
  }

  /**
   * Returns the time at which the check of a hold begins: at once, or after 20, 40, ... seconds and
   * at most half an hour if earlier checks passed and the worker failed again.
   *
   * @param holds number of the hold since the stage's newest checkpoint
   */
  public static Instant begin(HoldStatus hold, int holds) {
    Instant since = Instant.parse(hold.since());
    if (holds <= 1) {
      return since;
    }
    Duration delay = FIRST_DELAY.multipliedBy(1L << Math.min(holds - 2, MOST_DOUBLINGS));
    return since.plus(delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY);
  }
}
