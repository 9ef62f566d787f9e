package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.DatasetIndex;
import java.io.PrintWriter;
import java.nio.file.Path;

/** The two datasets of a run, prepared first where they are missing and a recipe is named. */
record RunDatasets(
    ObjectStore trainingStore, ObjectStore validationStore, Dataset training, Dataset validation)
    implements AutoCloseable {

  /**
   * Opens them.
   *
   * @param file of the resource, which a recipe's path is relative to
   */
  static RunDatasets open(ProgressiveTraining resource, Path file, PrintWriter out) {
    String trainingUri = resource.spec().data().uri();
    String validationUri = resource.spec().data().validationUri();
    String recipe =
        resource.metadata().annotations().get(ProgressiveTraining.DATASET_RECIPE_ANNOTATION);
    ObjectStore trainingStore = Arguments.open(StoreUri.parse("spec.data.uri", trainingUri));
    ObjectStore validationStore =
        Arguments.open(StoreUri.parse("spec.data.validationUri", validationUri));
    if (recipe != null && (isMissing(trainingStore) || isMissing(validationStore))) {
      new DataPreparer(out).prepare(file.resolveSibling(recipe), trainingUri, validationUri);
    }
    return new RunDatasets(
        trainingStore,
        validationStore,
        Dataset.open(trainingStore, DataCache.folder()),
        Dataset.open(validationStore, DataCache.folder()));
  }

  @Override
  public void close() {
    training.close();
    validation.close();
    trainingStore.close();
    validationStore.close();
  }

  private static boolean isMissing(ObjectStore store) {
    return store.find(DatasetIndex.NAME).isEmpty();
  }
}
