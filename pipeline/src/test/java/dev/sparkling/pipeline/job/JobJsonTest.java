package dev.sparkling.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import dev.sparkling.pipeline.validation.JobReader;
import dev.sparkling.pipeline.validation.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * The golden files that hold the workers and the operator to one contract: each is written byte for
 * byte and read back to the same value.
 */
class JobJsonTest {

  private static final Progress PROGRESS =
      new Progress(
          "wide",
          31000,
          new TrainingFigures(15500, 48758784000L, 2.301, 2.35, 412000.5),
          new StageStart(2.6125, 1.0625),
          new StepDiagnostics(0.75, 0.5),
          new CheckpointStatus(
              "s3://sparkling/moe-demo/wide/checkpoints/step-00015000",
              15000,
              "2026-01-01T00:00:00Z"),
          "2026-01-01T00:01:02.345Z");

  private static final Progress FIRST_PROGRESS =
      new Progress(
          "narrow",
          12,
          new TrainingFigures(0, 0, null, null, null),
          StageStart.UNKNOWN,
          StepDiagnostics.UNKNOWN,
          null,
          "2026-01-01T00:00:00.123456Z");

  @Test
  void jobsAreWrittenAndReadAsTheGoldenFilesSay() {
    ProgressiveTrainingSpec spec = spec();
    for (JobDocument job :
        new JobDocument[] {
          new JobDocument(JobDocument.VERSION, Work.TRAIN, "moe-demo", "wide", spec),
          new JobDocument(JobDocument.VERSION, Work.EXPAND, "moe-demo", "wide", spec),
          new JobDocument(JobDocument.VERSION, Work.DELETE, "moe-demo", "", spec),
        }) {
      String golden = golden("job-" + job.work().name().toLowerCase(java.util.Locale.ROOT));
      assertThat(JobJson.encode(job)).isEqualTo(golden);
      assertThat(JobReader.read(golden, "job.json", job.work())).isEqualTo(job);
    }
  }

  @Test
  void progressIsWrittenAndReadAsTheGoldenFilesSay() {
    assertThat(JobJson.encode(PROGRESS)).isEqualTo(golden("progress"));
    assertThat(JobJson.decodeProgress(golden("progress"))).contains(PROGRESS);
    assertThat(JobJson.encode(FIRST_PROGRESS)).isEqualTo(golden("progress-first"));
    assertThat(JobJson.decodeProgress(golden("progress-first"))).contains(FIRST_PROGRESS);
  }

  @Test
  void resultsAreWrittenAndReadAsTheGoldenFilesSay() {
    assertGolden(
        "result-train-complete",
        new JobResult(Outcome.COMPLETE, "wide: step 31000 of 31000, complete", PROGRESS, null));
    assertGolden(
        "result-train-stopped",
        new JobResult(
            Outcome.STOPPED,
            "wide: step 15500 of 31000, stopped; train again to go on",
            PROGRESS,
            null));
    assertGolden(
        "result-expand-complete",
        new JobResult(
            Outcome.COMPLETE,
            "wide: expanded, 4.90GB in 12.5 s",
            null,
            new ExpansionStatus(1.0625, null, 2.6124, null, 12.5, 4900000000L, List.of())));
    assertGolden(
        "result-failed",
        JobResult.failure(
            ErrorReason.INVALID_INPUT,
            "spec.data.uri: was made by tokenizer a; \"b\" is expected\nspec.training.seed: 2",
            null));
  }

  @Test
  void aFailureOfAnOlderWorkerHasNoReason() {
    assertThat(JobJson.decodeResult(golden("result-failed-without-reason")))
        .hasValueSatisfying(
            result -> {
              assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
              assertThat(result.reason()).isNull();
            });
  }

  @Test
  void keysOfANewerWorkerAreIgnored() {
    String newer = golden("progress").replace("{\"stage\"", "{\"gradientNorm\":1.5,\"stage\"");
    assertThat(JobJson.decodeProgress(newer)).contains(PROGRESS);
    assertThat(JobJson.decodeResult("{\"outcome\":\"complete\",\"message\":\"m\",\"more\":[1]}"))
        .contains(new JobResult(Outcome.COMPLETE, "m", null, null));
  }

  @Test
  void whatIsNoResultIsNone() {
    assertThat(JobJson.decodeResult("")).isEmpty();
    assertThat(JobJson.decodeResult("Killed")).isEmpty();
    assertThat(JobJson.decodeResult("null")).isEmpty();
    assertThat(JobJson.decodeResult("{\"outcome\":\"paused\",\"message\":\"m\"}")).isEmpty();
  }

  @Test
  void longMessageIsCutBetweenCharactersToTheLastByteThatFits() {
    for (String part : new String[] {"a", "\u00e4", "\u20ac", "\ud83d\ude00", "\n", "\""}) {
      String message = part.repeat(5000);
      String line = JobJson.encode(new JobResult(Outcome.FAILED, message, PROGRESS, null));
      int bytes = line.getBytes(StandardCharsets.UTF_8).length;
      assertThat(bytes).isBetween(JobResult.LARGEST_BYTES - 4, JobResult.LARGEST_BYTES);
      JobResult read = JobJson.decodeResult(line).orElseThrow();
      assertThat(read.progress()).isEqualTo(PROGRESS);
      assertThat(read.message()).endsWith(part + "...");
      assertThat(message).startsWith(read.message().substring(0, read.message().length() - 3));
    }
  }

  @Test
  void monstrousLocationLeavesRoomForTheMessage() {
    CheckpointStatus checkpoint =
        new CheckpointStatus("s3://" + "\u20ac".repeat(2000), 1, "2026-01-01T00:00:00Z");
    Progress progress =
        new Progress(
            "narrow",
            2,
            new TrainingFigures(1, 3, null, null, null),
            StageStart.UNKNOWN,
            StepDiagnostics.UNKNOWN,
            checkpoint,
            "2026-01-01T00:00:00Z");
    String line = JobJson.encode(new JobResult(Outcome.FAILED, "why", progress, null));
    assertThat(JobJson.decodeResult(line))
        .contains(new JobResult(Outcome.FAILED, "why", null, null));
  }

  @Test
  void jobOfAnotherVersionIsRefusedWithOneMessage() {
    assertRefused(
        golden("job-train").replace("\"version\" : 1", "\"version\" : 2, \"unheard\" : 1"),
        Work.TRAIN,
        "job.json: version: 2; this worker reads version 1, so operator and worker must be of one"
            + " release");
    assertRefused(
        "{}",
        Work.TRAIN,
        "job.json: version: is missing; this worker reads version 1, so operator and worker must"
            + " be of one release");
  }

  @Test
  void everyProblemOfAJobIsReported() {
    assertRefused(
        golden("job-train")
            .replace("\"hiddenSize\" : 1024", "\"hiddenSise\" : 1024")
            .replace("\"seed\" : 7", "\"seed\" : \"x\"")
            .replace("\"stage\" : \"wide\"", "\"stage\" : \"wider\""),
        Work.TRAIN,
        """
        spec.model.hiddenSise: unknown key; did you mean hiddenSize?
        spec.training.seed: 'x' is not a whole number
        stage: 'wider'; allowed: narrow, wide""");
  }

  @Test
  void jobOfOtherWorkIsRefused() {
    assertRefused(golden("job-expand"), Work.TRAIN, "work: expand; this command does train");
    assertRefused(
        golden("job-expand").replace("\"stage\" : \"wide\"", "\"stage\" : \"narrow\""),
        Work.EXPAND,
        "stage: 'narrow'; allowed: wide");
  }

  @Test
  void textThatIsNoJobIsRefusedWithItsPlace() {
    assertRefused("", Work.TRAIN, "job.json: is empty; a job document is expected");
    assertRefused("[1]", Work.TRAIN, "job.json: is not a mapping; a job document is expected");
    assertRefused("{\"version\" 1}", Work.TRAIN, "job.json:1:12: is not JSON:");
    assertRefused(golden("job-train") + "{}", Work.TRAIN, "job.json");
  }

  @Test
  void runCanBeDeletedThatCouldNotBeTrained() {
    String job =
        golden("job-delete").replace("\"precision\" : \"fp32\"", "\"precision\" : \"bf16\"");
    assertThat(JobReader.read(job, "job.json", Work.DELETE).run()).isEqualTo("moe-demo");
  }

  private static void assertRefused(String text, Work work, String message) {
    Assertions.assertThatThrownBy(() -> JobReader.read(text, "job.json", work))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(message);
  }

  private static void assertGolden(String name, JobResult result) {
    assertThat(JobJson.encode(result)).isEqualTo(golden(name));
    assertThat(JobJson.decodeResult(golden(name))).contains(result);
  }

  private static ProgressiveTrainingSpec spec() {
    String yaml = resource("/full.yaml");
    ProgressiveTraining resource =
        SpecReader.read(yaml.substring(0, yaml.indexOf("\nstatus:")), "full.yaml");
    return resource.spec();
  }

  private static String golden(String name) {
    String text = resource("/job/" + name + ".json");
    // Files end with a line's end; what is on one line does not.
    return name.startsWith("job-") ? text : text.strip();
  }

  private static String resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(JobJsonTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
