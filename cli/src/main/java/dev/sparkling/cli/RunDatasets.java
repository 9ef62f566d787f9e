package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.StorageSpec;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.DatasetIndex;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The two datasets of a run, prepared first where they are missing and a recipe is named. */
record RunDatasets(
    ObjectStore trainingStore, ObjectStore validationStore, Dataset training, Dataset validation)
    implements AutoCloseable {

  /**
   * Opens them; null where asked to stop while they were prepared.
   *
   * @param file of the resource, which a recipe's path is relative to
   */
  static @Nullable RunDatasets open(
      ProgressiveTraining resource, Path file, PrintWriter out, BooleanSupplier stopRequested) {
    String trainingUri = resource.spec().data().uri();
    String validationUri = resource.spec().data().validationUri();
    String recipe =
        resource.metadata().annotations().get(ProgressiveTraining.DATASET_RECIPE_ANNOTATION);
    StorageSpec storage = resource.spec().storage();
    ObjectStore trainingStore =
        Arguments.open(StoreUri.parse("spec.data.uri", trainingUri), storage);
    ObjectStore validationStore =
        Arguments.open(StoreUri.parse("spec.data.validationUri", validationUri), storage);
    if (recipe != null
        && (isMissing(trainingStore) || isMissing(validationStore))
        && !new DataPreparer(out, stopRequested)
            .prepare(file.resolveSibling(recipe), trainingUri, validationUri)) {
      return null;
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
