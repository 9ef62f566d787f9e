package dev.sparkling.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTraining.Metadata;
import dev.sparkling.pipeline.validation.JobReader;
import dev.sparkling.pipeline.validation.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The run and stage that a command works on, from a job document or from a resource file and
 * options.
 *
 * @param file job document or resource file
 * @param resource validated resource
 * @param stage name of the stage; empty if the command works on the whole run
 * @param store location of the run
 * @param owner owner of the run, which may have to be looked up
 * @param reader reads the file's text again and takes settings that it omits from the given values
 */
public record Assignment(
    Path file,
    ProgressiveTraining resource,
    String stage,
    StoreUri store,
    Supplier<RunOwner> owner,
    Function<JsonNode, ProgressiveTraining> reader) {

  /**
   * Reads and validates a job document.
   *
   * @throws UserError with every problem
   */
  public static Assignment ofJob(Path file, Work work) {
    String text = text(file);
    JobDocument job = JobReader.read(text, file.toString(), work);
    return of(
        file,
        job.stage(),
        null,
        uri -> OwnerLookup.ofJob(uri, job, System.getenv()),
        recorded -> resource(JobReader.read(text, file.toString(), work, recorded)));
  }

  /**
   * Reads and validates a resource file.
   *
   * @param stage name of the stage; empty for the whole run
   * @param store location to use instead of the resource's
   * @throws UserError with every problem
   */
  public static Assignment ofResource(Path file, String stage, @Nullable String store) {
    String text = text(file);
    return of(
        file,
        stage,
        store,
        uri -> OwnerLookup.ofLocalRun(uri, System.getenv()),
        recorded -> SpecReader.read(text, file.toString(), recorded));
  }

  /** Reads the file again, with recorded values for the settings that it omits. */
  Assignment resolvedWith(JsonNode recorded) {
    return new Assignment(file, reader.apply(recorded), stage, store, owner, reader);
  }

  private static Assignment of(
      Path file,
      String stage,
      @Nullable String store,
      Function<StoreUri, RunOwner> owner,
      Function<JsonNode, ProgressiveTraining> reader) {
    ProgressiveTraining resource = reader.apply(MissingNode.getInstance());
    StoreUri uri =
        store == null
            ? StoreUri.parse("spec.storage.uri", resource.spec().storage().uri())
            : StoreUri.parse("--store", store);
    return new Assignment(file, resource, stage, uri, () -> owner.apply(uri), reader);
  }

  private static ProgressiveTraining resource(JobDocument job) {
    return new ProgressiveTraining(
        ProgressiveTraining.API_VERSION,
        ProgressiveTraining.KIND,
        // Annotations apply to local runs only.
        new Metadata(job.run(), Map.of()),
        job.spec());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }
}
