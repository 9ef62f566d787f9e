package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The check of a held run: what it finds, and that it ends once everything can be used. */
@ExtendWith(MinioExtension.class)
class CheckE2E {

  @TempDir private Path folder;

  private final MinioServer server;
  private TinyRun tiny;
  private Path result;

  CheckE2E(MinioServer server) {
    this.server = server;
  }

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
    result = folder.resolve("result.json");
  }

  @Test
  void aResourceFileIsCheckedOnceAndNothingIsLeftInItsStore() throws IOException {
    Cli.Result usable = Cli.run("check", tiny.resource());
    assertThat(usable.exitCode()).as(usable.err()).isZero();
    assertThat(usable.out()).isEqualTo("tiny: store and datasets can be used\n");
    try (var files = Files.walk(tiny.store())) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }

    Path missing = tiny.resource(tiny.data().toString(), folder.resolve("nothing").toString());
    Cli.Result unusable = Cli.run("check", missing);
    assertThat(unusable.exitCode()).isEqualTo(2);
    assertThat(unusable.err())
        .startsWith("spec.data.uri: ")
        .contains(
            "nothing", "dataset.json does not exist; a dataset that 'sparkling data prepare'");
  }

  @Test
  void aWaitingCheckEndsAfterTheCredentialsAndTheDataHaveBeenPutRight() throws Exception {
    String bucket = "s3://" + server.newBucket();
    Path resource =
        tiny.resource(tiny.data().toString(), bucket + "/data", tiny.store().toString(), bucket);
    Path credentials = Files.createDirectory(folder.resolve("credentials"));
    SparklingProcess check =
        start(
            "check",
            "--job",
            tiny.job(Work.CHECK, "narrow", resource),
            "--result",
            result,
            "--wait",
            "--credentials",
            credentials);
    check.awaitOutput("accessKey: is missing or empty");
    check.awaitOutput("secretKey: is missing or empty");
    replace(credentials.resolve("accessKey"), server.access().accessKey());
    replace(credentials.resolve("secretKey"), "wrong-secret-key");
    check.awaitOutput("the server refused the credentials");
    replace(credentials.resolve("secretKey"), server.access().secretKey());
    check.awaitOutput("data/train/dataset.json does not exist");
    upload(bucket + "/data");

    Cli.Result ended = check.await();
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    JobResult written = TinyRun.result(result);
    assertThat(written.outcome()).isEqualTo(Outcome.COMPLETE);
    assertThat(written.message()).isEqualTo("tiny: store and datasets can be used");
  }

  @Test
  void aRunThatAnotherOwnsIsNotUsableUntilItIsReleased() throws Exception {
    String bucket = "s3://" + server.newBucket();
    upload(bucket + "/data");
    Path resource =
        tiny.resource(
            tiny.data().toString(), bucket + "/data", tiny.store().toString(), bucket + "/run");
    Cli.Result trained =
        start(
                Map.of("SPARKLING_OWNER", "c/n/theirs"),
                "train",
                "--job",
                tiny.job(Work.TRAIN, "narrow", resource))
            .await();
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    Path job = tiny.job(Work.CHECK, "narrow", resource);
    Cli.Result taken = check(job);
    assertThat(taken.exitCode()).isEqualTo(2);
    assertThat(taken.err())
        .contains("belongs to ProgressiveTraining n/theirs of cluster c, not to");
    assertThat(TinyRun.result(result).reason()).isEqualTo("RunTaken");

    assertThat(start("release", bucket + "/run").await().exitCode()).isZero();
    assertThat(check(job).exitCode()).isZero();
  }

  private Cli.Result check(Path job) throws InterruptedException {
    return start(Map.of("SPARKLING_OWNER", "c/n/ours"), "check", "--job", job, "--result", result)
        .await();
  }

  private void upload(String location) throws InterruptedException {
    Cli.Result prepared = start(tiny.preparation(location)).await();
    assertThat(prepared.exitCode()).as(prepared.err()).isZero();
  }

  /** Replaces a file at once, as Kubernetes does with those of a Secret. */
  private static void replace(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling("next"), text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private SparklingProcess start(Object... arguments) {
    return start(Map.of(), arguments);
  }

  private SparklingProcess start(Map<String, String> more, Object... arguments) {
    Map<String, String> environment = new HashMap<>(tiny.environment(server.access()));
    environment.putAll(more);
    return SparklingProcess.start(folder, environment, arguments);
  }
}
