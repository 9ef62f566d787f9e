package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.job.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run keeps the settings that it was started with (docs/adr/0018). An older version with another
 * default is simulated by a first resource that sets a field which the later one leaves out.
 */
class RecordedSettingsTest {

  private static final String CLIPPING = "gradientClipping: 0.05\n    learningRate:";

  @TempDir private Path folder;

  private TinyRun tiny;

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
  }

  @Test
  void runResumesWithTheRecordedValueWhereTheDefaultHasChanged() {
    String expected =
        lastLine(
            Cli.run(
                "run",
                tiny.resource("learningRate:", CLIPPING),
                "--store",
                folder.resolve("whole")));
    trainNarrowWithClipping();
    Cli.Result resumed = Cli.run("run", tiny.resource());
    assertThat(resumed.err()).isEmpty();
    assertThat(resumed.out())
        .contains(
            "warning: spec.training.gradientClipping: 0.05, as recorded in "
                + settings()
                + "; the default is now 1.0\n");
    assertThat(lastLine(resumed)).isEqualTo(expected);
  }

  @Test
  void jobsResumeWithTheRecordedValueWhereTheDefaultHasChanged() {
    String expected =
        lastLine(
            Cli.run(
                "run",
                tiny.resource("learningRate:", CLIPPING),
                "--store",
                folder.resolve("whole")));
    trainNarrowWithClipping();
    Path later = tiny.resource();
    Cli.Result expanded = Cli.run("expand", "--job", tiny.job(Work.EXPAND, "wide", later));
    assertThat(expanded.exitCode()).as(expanded.err()).isZero();
    Cli.Result trained = Cli.run("train", "--job", tiny.job(Work.TRAIN, "wide", later));
    assertThat(trained.out())
        .contains("warning: spec.training.gradientClipping: 0.05, as recorded in ");
    assertThat(lastLine(Cli.run("run", later))).isEqualTo(expected);
  }

  @Test
  void explicitEditIsRefusedByTheNameOfTheField() {
    trainNarrowWithClipping();
    String refused =
        "spec.training.gradientClipping: 0.5 is not the 0.05 of "
            + tiny.checkpoint("narrow", 12)
            + "; a run cannot change what it has used, so set it back or use another store\n";
    Path edited = tiny.resource("learningRate:", "gradientClipping: 0.5\n    learningRate:");
    assertThat(Cli.run("run", edited))
        .returns(2, Cli.Result::exitCode)
        .returns(refused, Cli.Result::err);
    assertThat(Cli.run("train", "--job", tiny.job(Work.TRAIN, "wide", edited)))
        .returns(2, Cli.Result::exitCode)
        .returns(refused, Cli.Result::err);
  }

  @Test
  void eachStartOfARunWithoutCheckpointsRecordsItsOwnSettings() throws IOException {
    String suspend = "  suspend: true\n  trainer:";
    Cli.run("run", tiny.resource("learningRate:", CLIPPING, "  trainer:", suspend));
    assertThat(Files.readString(settings())).contains("\"gradientClipping\" : 0.05");
    Cli.run("run", tiny.resource("  trainer:", suspend));
    assertThat(Files.readString(settings())).contains("\"gradientClipping\" : 1.0");
  }

  @Test
  void runOfAVersionThatRecordedNoSettingsGetsThemWhenItIsResumed() throws IOException {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    List<String> recorded = recorded();
    Files.delete(settings());
    Cli.Result refused = Cli.run("run", tiny.resource("learningRate:", CLIPPING));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(settings()).doesNotExist();
    assertThat(Cli.run("run", tiny.resource()).err()).isEmpty();
    assertThat(recorded()).isEqualTo(recorded);
  }

  @Test
  void settingOfAStageThatHasNotBegunIsKeptWithAWarning() {
    String norms = "innerSize: 16, norms: resample,";
    assertThat(
            Cli.run("train", tiny.resource("innerSize: 16,", norms), "--stage", "narrow")
                .exitCode())
        .isZero();
    assertThat(Cli.run("run", tiny.resource()).out())
        .contains("warning: spec.stages[1].expansion.norms: resample, as recorded in ");
    assertThat(Cli.run("run", tiny.resource("innerSize: 16,", norms)).err()).isEmpty();
  }

  @Test
  void stageThatIsAddedToARunIsRecordedToo() throws IOException {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Path longer =
        tiny.resource(
            "name: wide\n      tokens: 3072",
            "name: wide\n      tokens: 1536",
            "  trainer:",
            "    - {name: wider, tokens: 1536, expansion: {hiddenSize: 48, rewarmup: {steps: 3}}}\n  trainer:");
    assertThat(Cli.run("run", longer).err()).isEmpty();
    assertThat(Files.readString(settings())).contains("\"name\" : \"wider\"");
  }

  @Test
  void damagedSettingsAreKeptAndNamed() throws IOException {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Files.writeString(settings(), "{");
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.err()).startsWith(settings() + ": ");
    assertThat(settings()).hasContent("{");
  }

  @Test
  void settingsOfANewerVersionSayWhereTheyComeFrom() throws IOException {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    Files.writeString(
        settings(), Files.readString(settings()).replace("\"precision\"", "\"exactness\""));
    Cli.Result result = Cli.run("run", tiny.resource());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("exactness").contains("come from " + settings());
  }

  @Test
  void inspectShowsTheSettingsOfARun() {
    assertThat(Cli.run("train", tiny.resource(), "--stage", "narrow").exitCode()).isZero();
    assertThat(Cli.run("inspect", tiny.store()).out())
        .startsWith(tiny.store().toString())
        .contains("\"gradientClipping\" : 1.0");
    assertThat(Cli.run("inspect", "--output", "json", tiny.store()).out())
        .contains("\"settings\" : {");
    assertThat(Cli.run("inspect", "--verify", tiny.store()).err())
        .isEqualTo(
            "--verify: %s is the folder of a run, which has no manifest to compare with; name a checkpoint's folder\n"
                .formatted(tiny.store()));
  }

  private void trainNarrowWithClipping() {
    Path first = tiny.resource("learningRate:", CLIPPING);
    assertThat(Cli.run("train", "--job", tiny.job(Work.TRAIN, "narrow", first)).exitCode())
        .isZero();
  }

  private Path settings() {
    return tiny.store().resolve("settings.json");
  }

  /** The recorded settings without their writer, which each start replaces. */
  private List<String> recorded() throws IOException {
    return Files.readAllLines(settings()).stream()
        .filter(line -> !line.contains("\"writer\""))
        .toList();
  }

  private static String lastLine(Cli.Result result) {
    return result.out().lines().toList().getLast();
  }
}
