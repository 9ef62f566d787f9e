package dev.sparkling.worker.check;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.DataSpec;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunSession;
import dev.sparkling.worker.run.StoreAccess;
import java.util.Map;

/** Checks whether a worker of a run could start now, without starting it. */
final class RunCheck {

  private static final String DATASET_INDEX = "dataset.json";

  private final Assignment assignment;
  private final Map<String, String> environment;

  /**
   * Creates a check.
   *
   * @param environment variables with endpoint and credentials
   */
  RunCheck(Assignment assignment, Map<String, String> environment) {
    this.assignment = assignment;
    this.environment = environment;
  }

  /**
   * Checks the run's datasets, then its store.
   *
   * @throws dev.sparkling.pipeline.error.SparklingException the first error that a worker would
   *     fail with
   */
  void execute() {
    DataSpec data = assignment.resource().spec().data();
    requireDataset("spec.data.uri", data.uri());
    requireDataset("spec.data.validationUri", data.validationUri());
    try (RunSession run = RunSession.open(assignment, environment)) {
      run.check();
    }
  }

  private void requireDataset(String path, String location) {
    try (ObjectStore store =
        StoreAccess.open(
            StoreUri.parse(path, location), assignment.resource().spec().storage(), environment)) {
      if (store.find(DATASET_INDEX).isEmpty()) {
        throw new UserError(
            path
                + ": "
                + store.location(DATASET_INDEX)
                + " does not exist; a dataset that 'sparkling data prepare' wrote is expected there");
      }
    }
  }
}
