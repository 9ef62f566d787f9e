package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.sparkling.pipeline.json.GroupedRecordReader;
import org.jspecify.annotations.Nullable;

/** One stage. The groups are for Java only: in JSON their fields stand side by side. */
@JsonDeserialize(using = StageStatus.Reader.class)
public record StageStatus(
    @JsonPropertyDescription("Name of the stage") String name,
    @JsonPropertyDescription(
            "Where the stage stands: Pending, Expanding, Training, Succeeded or Failed")
        StageState state,
    @JsonUnwrapped TrainingFigures figures,
    @JsonPropertyDescription("Newest complete checkpoint of the stage")
        @Nullable CheckpointStatus checkpoint,
    @JsonUnwrapped AttemptCounts counts,
    @JsonUnwrapped StageTimes times,
    @JsonUnwrapped WorkerStatus worker,
    @JsonPropertyDescription("What the expansion before the stage did; absent until it is complete")
        @Nullable ExpansionStatus expansion) {

  /** How often the stage's workers ended before their work was done. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record AttemptCounts(
      @JsonPropertyDescription("Failed pods of the newest job that count against spec.retries")
          int attempts,
      @JsonPropertyDescription(
              "Pods lost to preemption, eviction or a node; not counted against spec.retries")
          int disruptions) {
    /** Counts of a stage that has not started. */
    public static final AttemptCounts NONE = new AttemptCounts(0, 0);
  }

  /** When the stage started and finished. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record StageTimes(
      @JsonPropertyDescription("When the first job of the stage started, RFC 3339")
          @Nullable String startedAt,
      @JsonPropertyDescription("When the last step of the stage was complete, RFC 3339")
          @Nullable String finishedAt) {
    /** Times of a stage that has not started. */
    public static final StageTimes NONE = new StageTimes(null, null);
  }

  /** What is known of the pod that works on the stage. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record WorkerStatus(
      @JsonPropertyDescription("Name of the last pod that worked on the stage")
          @Nullable String pod,
      @JsonPropertyDescription(
              "Why the stage's pod does not start, such as Unschedulable, ImagePullBackOff or FailedMount")
          @Nullable String waitingReason,
      @JsonPropertyDescription("Newest message of the pod, the scheduler or an event")
          @Nullable String message) {
    /** A stage without a pod. */
    public static final WorkerStatus NONE = new WorkerStatus(null, null, null);
  }

  static final class Reader extends GroupedRecordReader<StageStatus> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(StageStatus.class);
    }
  }

  /** The same stage in another state, with other counts and another worker. */
  public StageStatus with(StageState newState, AttemptCounts newCounts, WorkerStatus newWorker) {
    return new StageStatus(
        name, newState, figures, checkpoint, newCounts, times, newWorker, expansion);
  }
}
