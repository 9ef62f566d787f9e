package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.sparkling.pipeline.json.GroupedRecordReader;
import org.jspecify.annotations.Nullable;

/** The status of a stage. The groups exist in Java only: JSON is flat. */
@JsonDeserialize(using = StageStatus.Reader.class)
public record StageStatus(
    @JsonPropertyDescription("Name of the stage.") String name,
    @JsonPropertyDescription(
            "State of the stage: Pending, Expanding, Training, Held, Succeeded or Failed.")
        StageState state,
    @JsonUnwrapped TrainingFigures figures,
    @JsonPropertyDescription("Newest complete checkpoint of the stage.")
        @Nullable CheckpointStatus checkpoint,
    @JsonUnwrapped AttemptCounts counts,
    @JsonUnwrapped StageTimes times,
    @JsonUnwrapped WorkerStatus worker,
    @JsonPropertyDescription("Results of the expansion before the stage, once it is complete.")
        @Nullable ExpansionStatus expansion,
    @JsonPropertyDescription("What the stage waits for; absent unless it is held.")
        @Nullable HoldStatus hold) {

  /** Failures and disruptions of the stage's workers. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record AttemptCounts(
      @JsonPropertyDescription(
              "Number of failed attempts that count against spec.retries; reset by a suspension, a hold, a retry on request and a completed expansion.")
          int attempts,
      @JsonPropertyDescription(
              "Number of pods lost to eviction, preemption, node failure or deletion, which do not count against spec.retries.")
          int disruptions,
      // These two are left out if 0, so that the status of an undisturbed run fits the definition
      // of a version without them.
      @JsonInclude(JsonInclude.Include.NON_DEFAULT)
          @JsonPropertyDescription(
              "Number of disruptions since the newest checkpoint; the stage is held after 10. Reset by a hold, a completed expansion and a suspension.")
          int disruptionsInARow,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT)
          @JsonPropertyDescription(
              "Number of times that the stage was held; reset by a new checkpoint, a completed expansion and a suspension.")
          int holds) {
    /** Counts of a stage that has not started. */
    public static final AttemptCounts NONE = new AttemptCounts(0, 0, 0, 0);

    public AttemptCounts withAttempts(int newAttempts) {
      return new AttemptCounts(newAttempts, disruptions, disruptionsInARow, holds);
    }

    /** Returns the counts after another disruption. */
    public AttemptCounts withDisruption() {
      return new AttemptCounts(attempts, disruptions + 1, disruptionsInARow + 1, holds);
    }

    /** Returns the counts after progress, such as a new checkpoint. */
    public AttemptCounts withProgress() {
      return new AttemptCounts(attempts, disruptions, 0, 0);
    }

    /** Returns the counts at the beginning of another hold. */
    public AttemptCounts withHold() {
      return new AttemptCounts(0, disruptions, 0, holds + 1);
    }
  }

  /** When the stage started and finished. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record StageTimes(
      @JsonPropertyDescription("Start time of the stage's first job, in RFC 3339.")
          @Nullable String startedAt,
      @JsonPropertyDescription("Time at which the stage was completed, in RFC 3339.")
          @Nullable String finishedAt) {
    /** Times of a stage that has not started. */
    public static final StageTimes NONE = new StageTimes(null, null);
  }

  /** The pod that works on the stage, or worked on it last. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record WorkerStatus(
      @JsonPropertyDescription(
              "Name of the stage's pod; absent between a lost pod and the next one.")
          @Nullable String pod,
      @JsonPropertyDescription(
              "Reason why the stage's pod does not start, such as Unschedulable, ImagePullBackOff or FailedMount.")
          @Nullable String waitingReason,
      @JsonPropertyDescription("Newest message of the pod, the scheduler or an event.")
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

  /** Returns the status with another state, other counts, another worker and another hold. */
  public StageStatus with(
      StageState newState,
      AttemptCounts newCounts,
      WorkerStatus newWorker,
      @Nullable HoldStatus newHold) {
    return new StageStatus(
        name, newState, figures, checkpoint, newCounts, times, newWorker, expansion, newHold);
  }
}
