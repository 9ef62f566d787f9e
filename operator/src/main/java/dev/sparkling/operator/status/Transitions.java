package dev.sparkling.operator.status;

import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What happened between two statuses, for Kubernetes' events. */
public final class Transitions {

  /** Reasons that the whole run does not go on, of which no stage tells. */
  private static final Set<String> HELD_UP =
      Set.of(
          Reason.INVALID_INPUT.word(),
          Reason.LAUNCH_FAILED.word(),
          Reason.INTERNAL_ERROR.word(),
          Reason.DELETION_HELD_UP.word(),
          Reason.DELETION_FAILED.word());

  private Transitions() {}

  /**
   * An event.
   *
   * @param warning whether somebody should look
   */
  public record Happening(boolean warning, String reason, String message) {}

  /** What happened since, in order. */
  public static List<Happening> between(
      @Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    List<Happening> happenings = new ArrayList<>();
    for (int i = 0; i < after.stages().size(); i++) {
      StageStatus now = after.stages().get(i);
      StageStatus then =
          before == null || before.stages().size() <= i ? null : before.stages().get(i);
      stage(then, now, happenings);
    }
    Phase phase = after.phase();
    Phase phaseBefore = before == null ? null : before.phase();
    if (phase != null && phase != phaseBefore) {
      phase(phase, after, happenings);
    }
    if (phase != Phase.FAILED || phaseBefore == Phase.FAILED) {
      heldUp(before, after).ifPresent(happenings::add);
    }
    return happenings;
  }

  private static void stage(
      @Nullable StageStatus then, StageStatus now, List<Happening> happenings) {
    StageState stateThen = then == null ? StageState.PENDING : then.state();
    if (now.state() == StageState.SUCCEEDED && stateThen != StageState.SUCCEEDED) {
      happenings.add(
          normal(
              "StageSucceeded",
              "stage " + now.name() + " is complete at step " + now.figures().step()));
    }
    if (now.expansion() != null && (then == null || then.expansion() == null)) {
      happenings.add(normal("Expanded", "the checkpoint for stage " + now.name() + " is widened"));
    }
    if (then != null && now.counts().attempts() > then.counts().attempts()) {
      happenings.add(
          warning(
              "AttemptFailed",
              "stage " + now.name() + ", failure " + now.counts().attempts() + ": " + said(now)));
    }
    if (then != null && now.counts().disruptions() > then.counts().disruptions()) {
      happenings.add(
          warning(
              "Disrupted",
              "stage "
                  + now.name()
                  + ", disruption "
                  + now.counts().disruptions()
                  + ": not charged"));
    }
    String waiting = now.worker().waitingReason();
    if (waiting != null && (then == null || !waiting.equals(then.worker().waitingReason()))) {
      happenings.add(warning(waiting, "stage " + now.name() + ": " + said(now)));
    }
  }

  private static Optional<Happening> heldUp(
      @Nullable ProgressiveTrainingStatus before, ProgressiveTrainingStatus after) {
    Optional<String> reasonBefore = progressing(before).map(Condition::reason);
    return progressing(after)
        .filter(now -> HELD_UP.contains(now.reason()))
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

  private static void phase(
      Phase phase, ProgressiveTrainingStatus after, List<Happening> happenings) {
    switch (phase) {
      case TRAINING -> happenings.add(normal("Training", "stage " + after.currentStage()));
      case EXPANDING -> happenings.add(normal("Expanding", "stage " + after.currentStage()));
      case SUSPENDED ->
          happenings.add(normal(Reason.SUSPENDED.word(), Reason.SUSPENDED.sentence()));
      case SUCCEEDED ->
          happenings.add(normal(Reason.SUCCEEDED.word(), Reason.SUCCEEDED.sentence()));
      case FAILED ->
          after.conditions().stream()
              .filter(condition -> condition.type().equals(Conditions.FAILED))
              .forEach(failed -> happenings.add(warning(failed.reason(), failed.message())));
      case QUEUED -> happenings.add(normal(Reason.QUEUED.word(), Reason.QUEUED.sentence()));
      case PENDING -> {
        // Every run begins so; what keeps it there is told above.
      }
    }
  }

  private static String said(StageStatus stage) {
    return Objects.requireNonNullElse(stage.worker().message(), "")
        .lines()
        .findFirst()
        .orElse("no reason given");
  }

  private static Happening normal(String reason, String message) {
    return new Happening(false, reason, message);
  }

  private static Happening warning(String reason, String message) {
    return new Happening(true, reason, message);
  }
}
