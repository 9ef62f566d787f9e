package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;

/** Reads a resource's status; ignores fields that a newer operator has added. */
public final class RunStatus {

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
          .configure(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL, true);

  private RunStatus() {}

  /** Returns the status of a run; empty before the operator has reconciled it. */
  public static ProgressiveTrainingStatus of(ServerTable.TableRow run) {
    JsonNode status = run.resource().path("status");
    try {
      return JSON.treeToValue(
          status.isObject() ? status : JSON.createObjectNode(), ProgressiveTrainingStatus.class);
    } catch (JsonProcessingException e) {
      throw new UserError(
          "run %s: its status cannot be read: %s; check that the operator is not newer than this command"
              .formatted(run.name(), e.getOriginalMessage()),
          e);
    }
  }
}
