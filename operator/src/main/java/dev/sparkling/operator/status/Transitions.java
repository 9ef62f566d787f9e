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

  /** Reasons for which the whole run is stalled, which the status of no stage shows. */
  private static final Set<String> STALLED =
      Set.of(
          Reason.INVALID_INPUT.word(),
          Reason.LAUNCH_FAILED.word(),
          Reason.INTERNAL_ERROR.word(),
          Reason.DELETION_HELD_UP.word(),
          Reason.DELETION_FAILED.word());

  private Transitions() {}

  /**
   * An event of a run.
   *
   * @param warning whether its type is Warning rather than Normal
   */
  public record RunEvent(boolean warning, String reason, String message) {}

  /** Returns the events in the order in which they happened. */
  public static List<RunEvent> between(
      @Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    List<RunEvent> events = new ArrayList<>();
    for (int i = 0; i < after.stages().size(); i++) {
      StageStatus now = after.stages().get(i);
      StageStatus then =
          before == null || before.stages().size() <= i ? null : before.stages().get(i);
      stage(then, now, events);
    }
    Phase phase = after.phase();
    Phase phaseBefore = before == null ? null : before.phase();
    if (phase != null && phase != phaseBefore) {
      phase(phase, after, events);
    }
    if (phase != Phase.FAILED || phaseBefore == Phase.FAILED) {
      stalled(before, after).ifPresent(events::add);
    }
    return events;
  }

  private static void stage(@Nullable StageStatus then, StageStatus now, List<RunEvent> events) {
    StageState stateThen = then == null ? StageState.PENDING : then.state();
    if (now.state() == StageState.SUCCEEDED && stateThen != StageState.SUCCEEDED) {
      events.add(
          normal(
              "StageSucceeded",
              "stage " + now.name() + " is complete at step " + now.figures().step()));
    }
    Set<String> knownWarnings = expansionWarnings(then);
    expansionWarnings(now).stream()
        .filter(warning -> !knownWarnings.contains(warning))
        .forEach(
            warning ->
                events.add(warning("ExpansionWarning", "stage " + now.name() + ": " + warning)));
    if (now.expansion() != null && (then == null || then.expansion() == null)) {
      events.add(normal("Expanded", "stage " + now.name() + ": the checkpoint is widened"));
    }
    if (then != null && now.counts().attempts() > then.counts().attempts()) {
      events.add(
          warning(
              "AttemptFailed",
              "stage %s: attempt %d failed: %s"
                  .formatted(now.name(), now.counts().attempts(), lastMessage(now))));
    }
    if (then != null && now.counts().disruptions() > then.counts().disruptions()) {
      events.add(
          warning(
              "Disrupted",
              "stage %s: disruption %d, not counted as an attempt"
                  .formatted(now.name(), now.counts().disruptions())));
    }
    String waiting = now.worker().waitingReason();
    if (waiting != null && (then == null || !waiting.equals(then.worker().waitingReason()))) {
      events.add(warning(waiting, "stage " + now.name() + ": " + lastMessage(now)));
    }
  }

  private static Set<String> expansionWarnings(@Nullable StageStatus stage) {
    return stage == null || stage.expansion() == null
        ? Set.of()
        : new LinkedHashSet<>(stage.expansion().warnings());
  }

  private static Optional<RunEvent> stalled(
      @Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    Optional<String> reasonBefore = progressing(before).map(Condition::reason);
    return progressing(after)
        .filter(now -> STALLED.contains(now.reason()))
        .filter(now -> !reasonBefore.equals(Optional.of(now.reason())))
        .map(now -> warning(now.reason(), now.message()));
  }

  private static Optional<Condition> progressing(@Nullable ProgressiveTrainingStatus status) {
    return status == null
        ? Optional.empty()
        : status.conditions().stream()
            .filter(condition -> condition.type().equals(Conditions.PROGRESSING))
            .findFirst();
  }

  private static void phase(Phase phase, ProgressiveTrainingStatus after, List<RunEvent> events) {
    switch (phase) {
      case TRAINING -> events.add(normal("Training", "stage " + after.currentStage()));
      case EXPANDING -> events.add(normal("Expanding", "stage " + after.currentStage()));
      case SUSPENDED -> events.add(normal(Reason.SUSPENDED.word(), Reason.SUSPENDED.sentence()));
      case SUCCEEDED -> events.add(normal(Reason.SUCCEEDED.word(), Reason.SUCCEEDED.sentence()));
      case FAILED ->
          after.conditions().stream()
              .filter(condition -> condition.type().equals(Conditions.FAILED))
              .forEach(failed -> events.add(warning(failed.reason(), failed.message())));
      case QUEUED -> events.add(normal(Reason.QUEUED.word(), Reason.QUEUED.sentence()));
      case PENDING -> {
        // Every run begins as Pending; the reason why it stays so has its own event.
      }
    }
  }

  private static String lastMessage(StageStatus stage) {
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
