package dev.sparkling.operator.status;

import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Derives Kubernetes events from the difference between two statuses. */
public final class Transitions {

  /** Reasons that concern the run as a whole and so are in the status of no stage. */
  private static final Set<String> RUN_LEVEL_REASONS =
      Set.of(
          Reason.INVALID_INPUT.reason(),
          Reason.LAUNCH_FAILED.reason(),
          Reason.INTERNAL_ERROR.reason(),
          Reason.DELETION_HELD_UP.reason(),
          Reason.DELETION_FAILED.reason());

  private Transitions() {}

  /**
   * An event of a run.
   *
   * @param warning whether its type is Warning rather than Normal
   */
  public record RunEvent(boolean warning, String reason, String message) {}

  /**
   * Returns the events: those of the stages, in their order, then of the phase, then of the run.
   */
  public static List<RunEvent> between(
      @Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    List<RunEvent> events = new ArrayList<>();
    for (int i = 0; i < after.stages().size(); i++) {
      StageStatus now = after.stages().get(i);
      StageStatus known =
          before == null || before.stages().size() <= i ? null : before.stages().get(i);
      addStageEvents(known, now, events);
    }
    Phase phase = after.phase();
    Phase phaseBefore = before == null ? null : before.phase();
    if (phase != null && phase != phaseBefore) {
      addPhaseEvent(phase, after, events);
    }
    boolean isInPhaseEvent = phase != phaseBefore && (phase == Phase.FAILED || phase == Phase.HELD);
    if (!isInPhaseEvent) {
      addRunEvent(before, after, events);
    }
    return events;
  }

  private static void addStageEvents(
      @Nullable StageStatus known, StageStatus now, List<RunEvent> events) {
    StageState knownState = known == null ? StageState.PENDING : known.state();
    if (now.state() == StageState.SUCCEEDED && knownState != StageState.SUCCEEDED) {
      events.add(
          normal(
              "StageSucceeded",
              "stage " + now.name() + " is complete at step " + now.figures().step()));
    }
    Set<String> knownWarnings = expansionWarnings(known);
    expansionWarnings(now).stream()
        .filter(warning -> !knownWarnings.contains(warning))
        .forEach(
            warning ->
                events.add(warning("ExpansionWarning", "stage " + now.name() + ": " + warning)));
    if (now.expansion() != null && (known == null || known.expansion() == null)) {
      events.add(normal("Expanded", "stage " + now.name() + ": the checkpoint is widened"));
    }
    if (known != null && now.counts().attempts() > known.counts().attempts()) {
      events.add(
          warning(
              "AttemptFailed",
              "stage %s: attempt %d failed: %s"
                  .formatted(now.name(), now.counts().attempts(), firstLine(now))));
    }
    if (known != null && now.counts().disruptions() > known.counts().disruptions()) {
      events.add(
          warning(
              "Disrupted",
              "stage %s: disruption %d, not counted as an attempt"
                  .formatted(now.name(), now.counts().disruptions())));
    }
    String waiting = now.worker().waitingReason();
    if (waiting != null && (known == null || !waiting.equals(known.worker().waitingReason()))) {
      events.add(warning(waiting, "stage " + now.name() + ": " + firstLine(now)));
    }
  }

  private static Set<String> expansionWarnings(@Nullable StageStatus stage) {
    return stage == null || stage.expansion() == null
        ? Set.of()
        : new LinkedHashSet<>(stage.expansion().warnings());
  }

  private static void addRunEvent(
      @Nullable ProgressiveTrainingStatus before,
      ProgressiveTrainingStatus after,
      List<RunEvent> events) {
    Optional<String> reasonBefore = progressing(before).map(Condition::reason);
    progressing(after)
        .filter(now -> RUN_LEVEL_REASONS.contains(now.reason()))
        .filter(now -> !reasonBefore.equals(Optional.of(now.reason())))
        .ifPresent(now -> events.add(warning(now.reason(), now.message())));
  }

  private static Optional<Condition> progressing(@Nullable ProgressiveTrainingStatus status) {
    return status == null
        ? Optional.empty()
        : status.conditions().stream()
            .filter(condition -> condition.type().equals(Conditions.PROGRESSING))
            .findFirst();
  }

  private static void addPhaseEvent(
      Phase phase, ProgressiveTrainingStatus after, List<RunEvent> events) {
    switch (phase) {
      case TRAINING -> events.add(normal("Training", "stage " + after.currentStage()));
      case EXPANDING -> events.add(normal("Expanding", "stage " + after.currentStage()));
      case SUSPENDED ->
          events.add(normal(Reason.SUSPENDED.reason(), Reason.SUSPENDED.defaultMessage()));
      case SUCCEEDED ->
          events.add(normal(Reason.SUCCEEDED.reason(), Reason.SUCCEEDED.defaultMessage()));
      case FAILED ->
          after.conditions().stream()
              .filter(condition -> condition.type().equals(Conditions.FAILED))
              .forEach(failed -> events.add(warning(failed.reason(), failed.message())));
      case HELD ->
          progressing(after).ifPresent(held -> events.add(warning(held.reason(), held.message())));
      case QUEUED -> events.add(normal(Reason.QUEUED.reason(), Reason.QUEUED.defaultMessage()));
      case PENDING -> {
        // Every run begins as Pending; the reason why it stays so has its own event.
      }
    }
  }

  /** Returns the first line of a worker's message. */
  private static String firstLine(StageStatus stage) {
    return Objects.requireNonNullElse(stage.worker().message(), "")
        .lines()
        .findFirst()
        .orElse("unknown reason");
  }

  private static RunEvent normal(String reason, String message) {
    return new RunEvent(false, reason, message);
  }

  private static RunEvent warning(String reason, String message) {
    return new RunEvent(true, reason, message);
  }
}
