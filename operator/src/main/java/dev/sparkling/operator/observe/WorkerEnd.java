package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The end of a worker's container. */
record WorkerEnd(ContainerStateTerminated state) {

  private static final String OUT_OF_MEMORY = "OOMKilled";
  private static final String OUT_OF_MEMORY_ADVICE =
      " (for a trainer, raise spec.trainer.resources.limits.memory or set"
          + " spec.training.recomputation to layers; for an expander, raise"
          + " spec.expander.resources.limits.memory)";

  /** Whether the work is done. */
  boolean isSuccess() {
    return state.getExitCode() == 0;
  }

  /** Whether the worker stopped on request. */
  boolean wasStopped() {
    return state.getExitCode() == Outcome.STOPPED_EXIT_CODE;
  }

  /** Returns the worker's result; empty if it could not write one, such as after a kill. */
  Optional<JobResult> result() {
    // Without a result, the message is the end of the log.
    return Optional.ofNullable(state.getMessage()).flatMap(JobJson::decodeResult);
  }

  /**
   * Returns the worker's message, or a description of the container's state; empty for a success
   * without a result.
   */
  Optional<String> message() {
    return result()
        .map(JobResult::message)
        .or(() -> isSuccess() ? Optional.empty() : Optional.of(description()));
  }

  /**
   * Returns the reason of a failure. It must have the class of the exit code; of older workers, and
   * of an exit code that is not known, it is the general reason of the class.
   */
  ErrorReason reason() {
    ErrorClass errorClass =
        Stream.of(ErrorClass.values())
            .filter(candidate -> candidate.exitCode() == state.getExitCode())
            .findFirst()
            .orElse(ErrorClass.TRANSIENT);
    return result()
        .map(JobResult::reason)
        .flatMap(ErrorReason::of)
        .filter(reason -> reason.errorClass() == errorClass)
        .orElseGet(() -> ErrorReason.of(errorClass));
  }

  private String description() {
    String reason = Objects.requireNonNullElse(state.getReason(), "Error");
    String advice = OUT_OF_MEMORY.equals(reason) ? OUT_OF_MEMORY_ADVICE : "";
    String log = state.getMessage() == null ? "" : ": " + state.getMessage().strip();
    return reason + ", exit code " + state.getExitCode() + advice + log;
  }
}
