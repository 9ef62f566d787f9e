package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectStores;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.expander.run.UnfinishedExpansion;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code expand} in its own process, on a checkpoint of many parts in a real MinIO. */
@ExtendWith(MinioExtension.class)
class ExpandE2E {

  /** 47 MB with its moments, of which an expansion of both axes makes 170 MB in a dozen parts. */
  private static final ModelConfiguration MODEL =
      new ModelConfiguration(
          4096, 4, 128, new ExpertsShape(256, 8, 2, true), 4, 2, 32, true, 10_000, 1e-6, 128, 1.0);

  @TempDir private Path folder;

  private final MinioServer server;
  private String bucket = "";

  ExpandE2E(MinioServer server) {
    this.server = server;
  }

  @BeforeEach
  void writeNarrowCheckpoint() {
    bucket = "s3://" + server.newBucket();
    try (ObjectStore store = open()) {
      TestTensors.write(store, "narrow", MODEL, TestTensors.state(MODEL, 10), 1);
    }
  }

  @Test
  void endsWithTheSameBytesAfterKillsAtEveryPoint() throws InterruptedException {
    Cli.Result undisturbed = expand("undisturbed").await();
    assertThat(undisturbed.err()).isEmpty();
    assertThat(undisturbed.out()).contains("hidden 128 to 256, inner 256 to 512");
    // While it starts, while the weights are written, and while the moments are.
    expand("killed").killWhen("has started", () -> true);
    expand("killed").killWhen("begins to write", () -> !unfinished("killed").isEmpty());
    String begun = unfinished("killed");
    expand("killed")
        .killWhen(
            "has written a file",
            () -> !unfinished("killed").isEmpty() && !unfinished("killed").equals(begun));
    assertThat(unfinished("killed")).isNotEmpty();
    Cli.Result last = expand("killed").await();
    assertThat(last.exitCode()).as(last.err()).isZero();
    try (ObjectStore store = open()) {
      CheckpointReader killed = CheckpointReader.open(store, "killed");
      killed.verify();
      assertThat(killed.manifest())
          .isEqualTo(CheckpointReader.open(store, "undisturbed").manifest());
    }
  }

  @Test
  void restartOfTheServerDuringAnExpansionChangesNothing() throws Exception {
    assertThat(expand("undisturbed").await().exitCode()).isZero();
    SparklingProcess disturbed = expand("disturbed");
    disturbed.awaitThat("begins to write", () -> !unfinished("disturbed").isEmpty());
    server.restart();
    assertThat(disturbed.isAlive()).as("expanding still, when the server is back").isTrue();
    Cli.Result result = disturbed.await();
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    try (ObjectStore store = open()) {
      CheckpointReader wide = CheckpointReader.open(store, "disturbed");
      wide.verify();
      assertThat(wide.manifest()).isEqualTo(CheckpointReader.open(store, "undisturbed").manifest());
    }
  }

  /** The record of an unfinished expansion; empty if there is none. */
  private String unfinished(String folder) {
    try (ObjectStore store = open()) {
      return store
          .find(folder + "/" + UnfinishedExpansion.NAME)
          .map(file -> new String(store.readAll(file), StandardCharsets.UTF_8))
          .orElse("");
    } catch (CorruptCheckpoint e) { // replaced while it was read; the next look sees the new one
      return "";
    }
  }

  private SparklingProcess expand(String to) {
    S3Access access = server.access();
    return SparklingProcess.start(
        folder,
        Map.of(
            "AWS_ENDPOINT_URL",
            access.endpoint(),
            "AWS_ACCESS_KEY_ID",
            access.accessKey(),
            "AWS_SECRET_ACCESS_KEY",
            access.secretKey()),
        "expand",
        "--from",
        bucket + "/narrow",
        "--to",
        bucket + "/" + to,
        "--hidden-size",
        256,
        "--inner-size",
        512,
        "--memory",
        96);
  }

  private ObjectStore open() {
    return ObjectStores.open(StoreUri.parse("bucket", bucket), server::access);
  }
}
