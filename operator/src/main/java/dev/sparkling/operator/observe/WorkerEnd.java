package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** How a worker's container ended. */
record WorkerEnd(ContainerStateTerminated state) {

  private static final String OUT_OF_MEMORY = "OOMKilled";
  private static final String OUT_OF_MEMORY_ADVICE =
      "; raise resources.limits.memory or, for a trainer, lower spec.training.microBatchSize";

  /** Whether the work is done. */
  boolean isSuccess() {
    return state.getExitCode() == 0;
  }

  /** Whether the worker was asked to stop, and did. */
  boolean wasStopped() {
    return state.getExitCode() == Outcome.STOPPED_EXIT_CODE;
  }

  /** The worker's result; empty if it could not write one, as after a kill. */
  Optional<JobResult> result() {
    // Otherwise Kubernetes puts the last lines of the log there.
    return Optional.ofNullable(state.getMessage()).flatMap(JobJson::decodeResult);
  }

  /** The worker's own message, or what Kubernetes knows; empty for a success without a result. */
  Optional<String> message() {
    return result()
        .map(JobResult::message)
        .or(() -> isSuccess() ? Optional.empty() : Optional.of(description()));
  }

  /** The class of a failure; an unknown exit code is the environment's fault. */
  ErrorClass errorClass() {
    return Stream.of(ErrorClass.values())
        .filter(candidate -> candidate.exitCode() == state.getExitCode())
        .findFirst()
        .orElse(ErrorClass.TRANSIENT);
  }

  private String description() {
    String reason = Objects.requireNonNullElse(state.getReason(), "Error");
    String advice = OUT_OF_MEMORY.equals(reason) ? OUT_OF_MEMORY_ADVICE : "";
    String log = state.getMessage() == null ? "" : ": " + state.getMessage().strip();
    return reason + ", exit code " + state.getExitCode() + advice + log;
  }
}
