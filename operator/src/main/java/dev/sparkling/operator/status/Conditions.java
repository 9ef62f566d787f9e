package dev.sparkling.operator.status;

import dev.sparkling.pipeline.status.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Builds the conditions. The transition time of a condition changes only if it becomes true or
 * false, so that a pass that changes nothing results in an equal status, which is not written.
 */
final class Conditions {

  private static final String READY = "Ready";
  static final String PROGRESSING = "Progressing";
  private static final String COMPLETE = "Complete";
  static final String FAILED = "Failed";

  private final List<Condition> before;
  private final long generation;
  private final String now;

  Conditions(List<Condition> before, long generation, Instant now) {
    this.before = before;
    this.generation = generation;
    this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Returns the conditions of a run that is neither complete nor failed. */
  List<Condition> progressing(boolean working, String reason, String message) {
    return List.of(
        condition(READY, false, reason, message),
        condition(PROGRESSING, working, reason, message),
        condition(COMPLETE, false, reason, message),
        condition(FAILED, false, Reason.NOT_FAILED.reason(), Reason.NOT_FAILED.defaultMessage()));
  }

  List<Condition> succeeded() {
    String reason = Reason.SUCCEEDED.reason();
    String message = Reason.SUCCEEDED.defaultMessage();
    return List.of(
        condition(READY, true, reason, message),
        condition(PROGRESSING, false, reason, message),
        condition(COMPLETE, true, reason, message),
        condition(FAILED, false, Reason.NOT_FAILED.reason(), Reason.NOT_FAILED.defaultMessage()));
  }

  List<Condition> failed(String reason, String message) {
    return List.of(
        condition(READY, false, reason, message),
        condition(PROGRESSING, false, reason, message),
        condition(COMPLETE, false, reason, message),
        condition(FAILED, true, reason, message));
  }

  /**
   * Returns the conditions of a run that is being deleted; the condition Failed does not change.
   */
  List<Condition> deleting(Reason reason, String message) {
    Condition failed =
        before.stream()
            .filter(known -> known.type().equals(FAILED))
            .findFirst()
            .orElseGet(
                () ->
                    condition(
                        FAILED,
                        false,
                        Reason.NOT_FAILED.reason(),
                        Reason.NOT_FAILED.defaultMessage()));
    return List.of(
        condition(READY, false, reason.reason(), message),
        condition(PROGRESSING, false, reason.reason(), message),
        condition(COMPLETE, false, reason.reason(), message),
        failed);
  }

  private Condition condition(String type, boolean holds, String reason, String message) {
    String status = holds ? "True" : "False";
    String since =
        before.stream()
            .filter(known -> known.type().equals(type) && known.status().equals(status))
            .findFirst()
            .map(Condition::lastTransitionTime)
            .orElse(now);
    return new Condition(type, status, reason, message, since, generation);
  }
}
