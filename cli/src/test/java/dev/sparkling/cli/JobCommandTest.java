package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.ExpansionStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as pods run them, on a folder and in this process. */
class JobCommandTest {

  @TempDir private Path folder;

  private TinyRun tiny;
  private Path resource;
  private Path result;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
    resource = tiny.resource();
    result = folder.resolve("result.json");
  }

  @Test
  void jobsOneByOneEndWithTheBitsOfALocalRun() {
    JobResult narrow = job("train", Work.TRAIN, "narrow");
    assertThat(narrow.outcome()).isEqualTo(Outcome.COMPLETE);
    assertThat(narrow.message()).isEqualTo("narrow: step 12 of 12, complete");
    var progress = Objects.requireNonNull(narrow.progress());
    assertThat(progress.stage()).isEqualTo("narrow");
    assertThat(progress.figures().step()).isEqualTo(12);
    assertThat(progress.lastStep()).isEqualTo(12);
    assertThat(progress.figures().tokens()).isEqualTo(3072);
    assertThat(progress.figures().loss()).isBetween(1.0, 8.0);
    assertThat(progress.figures().validationLoss())
        .isLessThan(progress.start().firstValidationLoss());
    assertThat(progress.figures().tokensPerSecond()).isPositive();
    assertThat(Objects.requireNonNull(progress.checkpoint()).uri())
        .isEqualTo(tiny.checkpoint("narrow", 12).toString());

    JobResult expansion = job("expand", Work.EXPAND, "wide");
    assertThat(expansion.message()).startsWith("wide: expanded, ");
    ExpansionStatus status = Objects.requireNonNull(expansion.expansion());
    assertThat(status.lossBefore()).isEqualTo(progress.figures().validationLoss());
    double before = Objects.requireNonNull(status.rmsBefore());
    assertThat(status.seconds()).isPositive();
    assertThat(status.bytes()).isEqualTo(bytesBesideTheManifest(tiny.expansion()));

    JobResult wide = job("train", Work.TRAIN, "wide");
    assertThat(wide.message()).isEqualTo("wide: step 24 of 24, complete");
    // Twice the width preserves the function.
    double after =
        Objects.requireNonNull(Objects.requireNonNull(wide.progress()).start().firstHiddenRms());
    assertThat(after / before).isBetween(0.999, 1.001);
    Cli.Result local = Cli.run("run", resource, "--store", folder.resolve("local"));
    assertThat(local.out())
        .endsWith(
            "final validation loss %s nats per token\n"
                .formatted(Objects.requireNonNull(wide.progress()).figures().validationLoss()));
  }

  @Test
  void workThatIsDoneIsCompleteAtOnceWithTheFiguresOfTheStore() {
    JobResult narrow = job("train", Work.TRAIN, "narrow");
    JobResult again = job("train", Work.TRAIN, "narrow");
    var first = Objects.requireNonNull(narrow.progress());
    var second = Objects.requireNonNull(again.progress());
    assertThat(again.message()).isEqualTo(narrow.message());
    assertThat(second.figures().loss()).isEqualTo(first.figures().loss());
    assertThat(second.figures().validationLoss()).isEqualTo(first.figures().validationLoss());
    assertThat(second.start().firstValidationLoss()).isEqualTo(first.start().firstValidationLoss());
    assertThat(second.figures().tokens()).isEqualTo(first.figures().tokens());

    ExpansionStatus expanded =
        Objects.requireNonNull(job("expand", Work.EXPAND, "wide").expansion());
    JobResult expandedAgain = job("expand", Work.EXPAND, "wide");
    assertThat(expandedAgain.message()).isEqualTo("wide: the expansion was already complete");
    assertThat(expandedAgain.expansion())
        .isEqualTo(
            new ExpansionStatus(
                expanded.rmsBefore(),
                null,
                expanded.lossBefore(),
                null,
                null,
                expanded.bytes(),
                List.of()));
  }

  @Test
  void expansionOfAnotherRunInTheSamePlaceIsRefused() {
    job("train", Work.TRAIN, "narrow");
    job("expand", Work.EXPAND, "wide");
    resource = tiny.resource("hiddenSize: 32, innerSize: 16", "hiddenSize: 48, innerSize: 16");
    JobResult refused = job("expand", Work.EXPAND, "wide", 2);
    assertThat(refused.message())
        .isEqualTo(
            "spec.stages[1].expansion.hiddenSize: 48 is not the 32 of "
                + tiny.expansion()
                + "; a run cannot change what it has used, so set it back or use another store");
  }

  @Test
  void deletionRemovesTheRunAndNothingElse() throws IOException {
    assertThat(Cli.run("run", resource, "--control").exitCode()).isZero();
    Path notes = Files.writeString(tiny.store().resolve("notes.txt"), "mine");
    JobResult deleted = job("delete", Work.DELETE, "");
    assertThat(deleted.outcome()).isEqualTo(Outcome.COMPLETE);
    assertThat(deleted.message())
        .matches(".*: deleted \\d+ objects of .*B; left \\d+ that are not part of the run");
    assertThat(tiny.store().resolve("narrow")).doesNotExist();
    assertThat(tiny.store().resolve("wide")).doesNotExist();
    assertThat(notes).exists();
    assertThat(tiny.data().resolve("train/dataset.json")).exists();
    assertThat(job("delete", Work.DELETE, "").message()).contains("deleted 0 objects of 0B");
  }

  @Test
  void deletionOfALocationNeedsConfirmationAndARun() throws IOException {
    Cli.run("run", resource);
    Cli.Result unsure = Cli.run("delete", tiny.store());
    assertThat(unsure.exitCode()).isEqualTo(2);
    assertThat(unsure.err())
        .matches("URI: .* holds \\d+ objects of .*B; nothing was deleted: confirm with --yes\n");
    Path notes = Files.writeString(tiny.store().resolve("notes.txt"), "mine");
    Cli.Result refused = Cli.run("delete", tiny.store(), "--yes");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "URI: "
                + tiny.store()
                + " does not look like a run: 1 object is not part of one, such as notes.txt;"
                + " nothing was deleted\n");
    assertThat(tiny.checkpoint("wide", 24).resolve("manifest.json")).exists();
    Files.delete(notes);
    assertThat(Cli.run("delete", tiny.store(), "--yes").exitCode()).isZero();
    assertThat(tiny.store().resolve("wide")).doesNotExist();
    assertThat(Cli.run("delete", tiny.store(), "--yes").exitCode()).isZero();
    assertThat(Cli.run("delete", folder.resolve("nowhere")).exitCode()).isZero();
    assertThat(folder.resolve("nowhere")).doesNotExist();
    assertThat(Cli.run("delete", tiny.data(), "--yes").err()).contains("does not look like a run");
  }

  @Test
  void everyFailureIsAResult() throws IOException {
    assertFailed(
        2,
        "work: train; this command does expand",
        "expand",
        "--job",
        tiny.job(Work.TRAIN, "narrow", resource));
    assertFailed(2, folder + "/none.json: does not exist", "train", "--job", folder + "/none.json");
    assertFailed(2, "Unknown option: '--jobs=x'", "train", "--jobs=x");
    assertFailed(
        2,
        tiny.store() + ": has no complete expansion into stage wide",
        "train",
        "--job",
        tiny.job(Work.TRAIN, "wide", resource));
    Cli.run("run", resource);
    Path manifest = tiny.checkpoint("narrow", 12).resolve("manifest.json");
    Files.writeString(manifest, "{");
    Cli.run("delete", tiny.store().resolve("wide"), "--yes");
    try (var files = Files.walk(tiny.expansion())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    assertFailed(
        3,
        manifest + ": line 1, column 2: is not valid JSON",
        "expand",
        "--job",
        tiny.job(Work.EXPAND, "wide", resource));
  }

  @Test
  void jobAndOtherArgumentsExcludeEachOther() {
    Path job = tiny.job(Work.TRAIN, "narrow", resource);
    Cli.Result both = Cli.run("train", "--job", job, resource, "--stage", "narrow");
    assertThat(both.exitCode()).isEqualTo(2);
    assertThat(both.err()).contains("mutually exclusive");
    assertThat(Cli.run("train").err()).contains("Missing required argument");
    assertThat(Cli.run("expand", "--job", job, "--from", "x", "--to", "y").exitCode()).isEqualTo(2);
    assertThat(Cli.run("delete", "--job", job, "x", "--yes").exitCode()).isEqualTo(2);
  }

  private void assertFailed(int exitCode, String message, Object... arguments) throws IOException {
    Files.deleteIfExists(result);
    Object[] all = new Object[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--result";
    all[arguments.length + 1] = result;
    Cli.Result run = Cli.run(all);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.err()).startsWith(message);
    JobResult failed = TinyRun.result(result);
    assertThat(failed.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(failed.message()).startsWith(message);
  }

  private JobResult job(String command, Work work, String stage) {
    return job(command, work, stage, 0);
  }

  private JobResult job(String command, Work work, String stage, int exitCode) {
    Cli.Result run = Cli.run(command, "--job", tiny.job(work, stage, resource), "--result", result);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    JobResult ended = TinyRun.result(result);
    assertThat(run.out() + run.err()).endsWith(ended.message() + "\n");
    return ended;
  }

  private long bytesBesideTheManifest(Path checkpoint) {
    try (var files = Files.list(checkpoint)) {
      return files
          .filter(file -> !file.endsWith("manifest.json"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
