package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioObjectStore;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Processes that work on one run in a real MinIO at the same time. */
@ExtendWith(MinioExtension.class)
class OneWriterE2E {

  @TempDir private Path folder;

  private final MinioServer server;
  private String bucket = "";
  private TinyRun tiny;
  private Path file = Path.of("");

  OneWriterE2E(MinioServer server) {
    this.server = server;
  }

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
    bucket = server.newBucket();
    // Long enough for a process to be stopped in the middle.
    file =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 15360}",
            "tokens: 3072", "tokens: 15360",
            "hiddenSize: 16, innerSize: 8", "hiddenSize: 64, innerSize: 64",
            "hiddenSize: 32, innerSize: 16", "hiddenSize: 128, innerSize: 128");
  }

  @Test
  void processThatIsStoppedAndContinuesAfterItsSuccessorChangesNothing()
      throws InterruptedException {
    assertThat(start("undisturbed", "alice").await().exitCode()).isZero();
    Optional<Manifest> expected = last("undisturbed");
    String[] moments = {"narrow: checkpoint of step 16", "wide: expanding"};
    for (int i = 0; i < moments.length; i++) {
      String run = "run-" + i;
      SparklingProcess former = start(run, "alice");
      former.awaitOutput(moments[i]);
      former.signal("STOP");
      Cli.Result successor = start(run, "alice").await();
      assertThat(successor.exitCode()).as(successor.err()).isZero();
      assertThat(last(run)).as(moments[i]).isEqualTo(expected);

      former.signal("CONT");
      Cli.Result ended = former.await();
      assertThat(ended.exitCode()).as(moments[i] + ": " + ended.err()).isEqualTo(2);
      assertThat(ended.err())
          .contains("s3://" + bucket + "/" + run + "/: another process has taken over the run");
      assertThat(last(run)).as(moments[i] + ", afterwards").isEqualTo(expected);
    }
  }

  @Test
  void runOfAnotherUserIsRefusedUntilItIsReleased() throws InterruptedException {
    assertThat(start("run", "alice").await().exitCode()).isZero();
    Optional<Manifest> ofAlice = last("run");
    Cli.Result refused = start("run", "bob").await();
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.errorLines())
        .singleElement()
        .asString()
        .matches(
            "s3://.*/run/: belongs to .* on .*, not to .* on .*; use another store, or hand it over"
                + " with 'sparkling release'");
    assertThat(last("run")).isEqualTo(ofAlice);

    Cli.Result released = command("bob", "release", "s3://" + bucket + "/run").await();
    assertThat(released.out()).contains("/run/: no longer belongs to ");
    assertThat(start("run", "bob").await().out()).contains("tiny is already complete");
    assertThat(start("run", "alice").await().exitCode()).isEqualTo(2);
  }

  private SparklingProcess start(String run, String user) {
    return command(user, "run", file, "--store", "s3://" + bucket + "/" + run);
  }

  private SparklingProcess command(String user, Object... arguments) {
    Map<String, String> environment = new HashMap<>(tiny.environment(server.access()));
    environment.put("XDG_STATE_HOME", folder.resolve("state-of-" + user).toString());
    return SparklingProcess.start(folder, environment, arguments);
  }

  /** The manifest of the last checkpoint, which has been read and compared with the fence. */
  private Optional<Manifest> last(String run) {
    try (ObjectStore store = new MinioObjectStore(server.access(), bucket, run)) {
      return RunCheckpoints.read(store).at("wide", 120).orElseThrow().open(store).manifest();
    }
  }
}
