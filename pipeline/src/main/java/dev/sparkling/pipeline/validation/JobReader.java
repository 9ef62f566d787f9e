package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.ResolvedSettings;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.spec.StageSpec;
import java.util.List;
import java.util.stream.Collectors;

/** Reads a {@link JobDocument} and validates it with the rules of its launcher. */
public final class JobReader {

  private JobReader() {}

  /**
   * Binds and validates a document, with the defaults of this version.
   *
   * @param text JSON
   * @param source origin of the text, for messages
   * @param work kind of work that the caller does
   * @throws UserError with all problems, or with only that of the version if the version is unknown
   */
  public static JobDocument read(String text, String source, Work work) {
    return read(text, source, work, MissingNode.getInstance());
  }

  /**
   * Binds and validates a document, with the settings that the run was started with as defaults.
   *
   * @param recorded result of {@link ResolvedSettings#of}
   */
  public static JobDocument read(String text, String source, Work work, JsonNode recorded) {
    Problems problems = new Problems();
    Binder binder = new Binder(JsonMapper.builder(), "JSON", problems);
    JsonNode tree = binder.parse(text, source, "job document");
    JsonNode version = tree.path("version");
    if (!version.isInt() || version.intValue() != JobDocument.VERSION) {
      throw new UserError(
          source
              + ": version: "
              + (version.isMissingNode() ? "is missing" : version)
              + "; this worker reads version "
              + JobDocument.VERSION
              + ", so operator and worker must be of one release");
    }
    if (tree.path("spec") instanceof ObjectNode spec) {
      ResolvedSettings.fillIn(spec, recorded);
    }
    JobDocument job = binder.bind(tree, JobDocument.class);
    problems.require(
        job.work() == work,
        "work",
        (tree.path("work").isTextual() ? tree.path("work").asText() : "is missing")
            + "; this command does "
            + JsonNames.of(work));
    check(job, work, problems);
    problems.throwIfAny();
    return job;
  }

  private static void check(JobDocument job, Work work, Problems problems) {
    switch (work) {
      case TRAIN, CHECK -> {
        SpecValidator.validate("run", job.run(), job.spec(), problems);
        stage(job, job.spec().stages(), problems);
      }
      case EXPAND -> {
        SpecValidator.validate("run", job.run(), job.spec(), problems);
        List<StageSpec> widened =
            job.spec().stages().stream().filter(stage -> stage.expansion() != null).toList();
        stage(job, widened, problems);
      }
      // A run of an older release can be deleted even if this one would refuse to train it.
      case DELETE ->
          problems.require(
              !job.spec().storage().uri().isBlank(),
              "spec.storage.uri",
              "is missing; it says where the run keeps its checkpoints");
    }
  }

  private static void stage(JobDocument job, List<StageSpec> allowed, Problems problems) {
    problems.require(
        allowed.stream().anyMatch(stage -> stage.name().equals(job.stage())),
        "stage",
        (job.stage().isEmpty() ? "is missing" : "'" + job.stage() + "'")
            + "; allowed: "
            + allowed.stream().map(StageSpec::name).collect(Collectors.joining(", ")));
  }
}
