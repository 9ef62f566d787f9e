package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Workers as processes: their progress, their results and their answer to SIGTERM. */
@ExtendWith(MinioExtension.class)
class PodE2E {

  @TempDir private Path folder;

  private final MinioServer server;
  private TinyRun tiny;
  private Path result;

  PodE2E(MinioServer server) {
    this.server = server;
  }

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
    result = folder.resolve("result.json");
  }

  @Test
  void trainerReportsItsProgressAndStopsWithACheckpoint() throws Exception {
    Path resource =
        tiny.resource(
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}",
            "everySteps: 4, keepLast", "everySteps: 1000000, keepLast");
    int port = freePort();
    SparklingProcess trainer =
        start(
            "train",
            "--job",
            tiny.job(Work.TRAIN, "narrow", resource),
            "--progress-port",
            port,
            "--result",
            result);
    Progress progress = awaitProgress(trainer, port, now -> now.figures().step() >= 8);
    assertThat(progress.stage()).isEqualTo("narrow");
    assertThat(progress.lastStep()).isEqualTo(100000);
    assertThat(progress.figures().tokens()).isEqualTo(progress.figures().step() * 256);
    assertThat(progress.figures().loss()).isBetween(1.0, 9.0);
    assertThat(progress.start().firstValidationLoss()).isBetween(7.0, 9.0);
    assertThat(progress.checkpoint()).isNull();

    HttpResponse<String> metrics = get(port, "/metrics");
    assertThat(metrics.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    assertThat(metrics.body())
        .containsPattern("(?m)^sparkling_trainer_step\\{run=\"tiny\",stage=\"narrow\"} \\d+\\.0$")
        .contains("sparkling_trainer_last_step{run=\"tiny\",stage=\"narrow\"} 100000.0")
        .contains("sparkling_trainer_tokens{")
        .contains("sparkling_trainer_loss{")
        .contains("sparkling_trainer_validation_loss{")
        .contains("sparkling_trainer_tokens_per_second{")
        .contains("jvm_memory_used_bytes{")
        .doesNotContain("sparkling_trainer_last_checkpoint_timestamp_seconds{");
    assertThat(get(port, "/").statusCode()).isEqualTo(404);
    assertThat(get(port, "/progress/x").statusCode()).isEqualTo(404);

    trainer.terminate();
    Cli.Result ended = trainer.await();
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(143);
    JobResult stopped = TinyRun.result(result);
    assertThat(stopped.outcome()).isEqualTo(Outcome.STOPPED);
    Progress last = Objects.requireNonNull(stopped.progress());
    assertThat(stopped.message())
        .isEqualTo(
            "narrow: step %d of 100000, stopped; train again to resume", last.figures().step());
    assertThat(ended.out()).endsWith(stopped.message() + "\n");
    assertThat(Objects.requireNonNull(last.checkpoint()).step()).isEqualTo(last.figures().step());
    assertThat(tiny.checkpoint("narrow", (int) last.figures().step()).resolve("manifest.json"))
        .exists();
  }

  @Test
  void trainerThatCannotStopInTimeReportsIt() throws Exception {
    // A step takes many seconds.
    Path resource =
        tiny.resource(
            "globalBatchSize: 8", "globalBatchSize: 65536",
            "{name: narrow, tokens: 3072}", "{name: narrow, tokens: 25600000}",
            "tokens: 3072", "tokens: 25600000",
            "rewarmup: {steps: 3}", "rewarmup: {steps: 1}",
            "layers: 2", "layers: 8");
    int port = freePort();
    SparklingProcess trainer =
        start(
            "train",
            "--job",
            tiny.job(Work.TRAIN, "narrow", resource),
            "--progress-port",
            port,
            "--result",
            result,
            "--grace",
            1);
    // The first evaluation comes before the first step, so that step is under way from here on.
    awaitProgress(trainer, port, progress -> progress.figures().validationLoss() != null);
    trainer.terminate();
    Cli.Result ended = trainer.await();
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(143);
    JobResult stopped = TinyRun.result(result);
    assertThat(stopped.outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(stopped.message())
        .isEqualTo(
            "stopped after the grace period of 1 s; the next start resumes from the newest checkpoint");
    assertThat(ended.err()).contains(stopped.message());
  }

  @Test
  void expanderStopsAndTheNextOneResumes() throws Exception {
    // The expansion writes half a gigabyte.
    Path resource =
        tiny.resource("hiddenSize: 32, innerSize: 16", "hiddenSize: 1024, innerSize: 1536");
    assertThat(Cli.run("train", "--job", tiny.job(Work.TRAIN, "narrow", resource)).exitCode())
        .isZero();
    Path job = tiny.job(Work.EXPAND, "wide", resource);
    SparklingProcess expander = start("expand", "--job", job, "--result", result);
    expander.awaitThat("begins to write", () -> tiny.expanding().filter(Files::exists).isPresent());
    Path expansion = tiny.expanding().orElseThrow();
    expander.terminate();
    Cli.Result ended = expander.await();
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(143);
    JobResult stopped = TinyRun.result(result);
    assertThat(stopped.outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(stopped.message()).isEqualTo("wide: stopped; expand again to resume");
    assertThat(expansion.resolve("manifest.json")).doesNotExist();
    assertThat(expansion.resolve("expansion-unfinished.json")).exists();
    assertThat(start("expand", "--job", job, "--result", result).await().exitCode()).isZero();
    assertThat(TinyRun.result(result).outcome()).isEqualTo(Outcome.COMPLETE);
    assertThat(expansion.resolve("expansion-unfinished.json")).doesNotExist();
  }

  @Test
  void jobsInMinioEndWithTheBitsOfALocalRunAndAreDeletedCompletely() throws Exception {
    Path resource = tiny.resource();
    Cli.Result local = Cli.run("run", resource);
    String bucket = "s3://" + server.newBucket();
    Cli.Result prepared = start(tiny.preparation(bucket + "/data")).await();
    assertThat(prepared.exitCode()).as(prepared.err()).isZero();
    resource =
        tiny.resource(
            tiny.data().toString(), bucket + "/data", tiny.store().toString(), bucket + "/run");
    finish("train", tiny.job(Work.TRAIN, "narrow", resource));
    finish("expand", tiny.job(Work.EXPAND, "wide", resource));
    JobResult wide = finish("train", tiny.job(Work.TRAIN, "wide", resource));
    Progress progress = Objects.requireNonNull(wide.progress());
    assertThat(Objects.requireNonNull(progress.checkpoint()).uri())
        .startsWith(bucket + "/run/wide/checkpoints/step-00000024-e3-");
    assertThat(local.out())
        .endsWith(
            "final validation loss %s nats per token\n"
                .formatted(progress.figures().validationLoss()));

    JobResult deleted = finish("delete", tiny.job(Work.DELETE, "", resource));
    assertThat(deleted.message()).startsWith(bucket + "/run/: deleted ");
    assertThat(finish("delete", tiny.job(Work.DELETE, "", resource)).message())
        .isEqualTo(bucket + "/run/: deleted 0 objects of 0B");
  }

  private JobResult finish(String command, Path job) throws InterruptedException {
    Cli.Result ended = start(command, "--job", job, "--result", result).await();
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    return TinyRun.result(result);
  }

  private SparklingProcess start(Object... arguments) {
    return SparklingProcess.start(folder, tiny.environment(server.access()), arguments);
  }

  /** Waits for a progress that meets a condition. */
  private static Progress awaitProgress(
      SparklingProcess trainer, int port, Predicate<Progress> condition) throws Exception {
    AtomicReference<@Nullable Progress> seen = new AtomicReference<>();
    trainer.awaitThat(
        "answers with the expected progress",
        () ->
            progress(port)
                .filter(condition)
                .map(
                    progress -> {
                      seen.set(progress);
                      return true;
                    })
                .orElse(false));
    return Objects.requireNonNull(seen.get());
  }

  private static Optional<Progress> progress(int port) {
    try {
      HttpResponse<String> answer = get(port, "/progress");
      if (answer.statusCode() == 200) {
        return JobJson.decodeProgress(answer.body());
      }
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body())
          .isEqualTo("{\"reason\":\"the training has not restored its state yet\"}");
      return Optional.empty();
    } catch (ConnectException e) { // not listening yet
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(Duration.ofSeconds(30))
              .build(),
          BodyHandlers.ofString());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
