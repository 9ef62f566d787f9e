package dev.sparkling.cli.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.spec.DataSpec;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.StorageSpec;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.DatasetIndex;
import dev.sparkling.worker.run.RunSession;
import dev.sparkling.worker.run.StoreAccess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The training and validation datasets of a run. */
public record RunDatasets(
    ObjectStore trainingStore, ObjectStore validationStore, Dataset training, Dataset validation)
    implements AutoCloseable {

  /**
   * Opens the datasets. If one is missing and the resource names a recipe, prepares both first.
   *
   * @return the datasets; null if a stop was requested while they were prepared
   */
  public static @Nullable RunDatasets open(
      RunSession run, PrintWriter out, BooleanSupplier stopRequested) {
    DataSpec data = run.spec().data();
    StorageSpec storage = run.spec().storage();
    String recipe =
        run.resource().metadata().annotations().get(ProgressiveTraining.DATASET_RECIPE_ANNOTATION);
    ObjectStore training = StoreAccess.open(StoreUri.parse("spec.data.uri", data.uri()), storage);
    ObjectStore validation =
        StoreAccess.open(StoreUri.parse("spec.data.validationUri", data.validationUri()), storage);
    if (recipe != null && (isMissing(training) || isMissing(validation))) {
      Path file = run.file().resolveSibling(recipe);
      if (!new DataPreparer(training, validation, out, stopRequested).prepareRecipe(file)) {
        training.close();
        validation.close();
        return null;
      }
    }
    return new RunDatasets(
        training,
        validation,
        Dataset.open(training, DataCache.folder()),
        Dataset.open(validation, DataCache.folder()));
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
