package dev.sparkling.cli;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTraining.Metadata;
import dev.sparkling.pipeline.validation.JobReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is asked to do, by a job document or by hand.
 *
 * @param stage empty where the work is the whole run's
 */
record JobFile(Path file, ProgressiveTraining resource, String stage, StoreUri store) {

  static final String HELP = "A job document, instead of all that says what to do by hand.";

  /** Reads and validates a job document. */
  static JobFile read(Path file, Work work) {
    JobDocument job;
    try {
      job = JobReader.read(Files.readString(file), file.toString(), work);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
    return new JobFile(
        file,
        // No annotations: what they ask for is a local run's.
        new ProgressiveTraining(
            ProgressiveTraining.API_VERSION,
            ProgressiveTraining.KIND,
            new Metadata(job.run(), Map.of()),
            job.spec()),
        job.stage(),
        StoreUri.parse("spec.storage.uri", job.spec().storage().uri()));
  }

  /**
   * Reads and validates a resource.
   *
   * @param store instead of the resource's
   */
  static JobFile byHand(Path file, String stage, @Nullable String store) {
    ProgressiveTraining resource = Arguments.resource(file);
    return new JobFile(
        file,
        resource,
        stage,
        store == null
            ? StoreUri.parse("spec.storage.uri", resource.spec().storage().uri())
            : StoreUri.parse("--store", store));
  }
}
