package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.checkpoint.store.S3Access;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data and checkpoints in a real MinIO, configured by environment variables. */
@ExtendWith(MinioExtension.class)
class MinioRunE2E {

  @TempDir private Path folder;

  private final MinioServer server;
  private TinyRun tiny;
  private String bucket = "";

  MinioRunE2E(MinioServer server) {
    this.server = server;
  }

  @BeforeEach
  void prepare() {
    tiny = TinyRun.prepare(folder);
    bucket = "s3://" + server.newBucket();
  }

  @Test
  void runInMinioEndsWithTheBitsOfARunInAFolder() throws InterruptedException {
    Cli.Result local = Cli.run("run", tiny.resource());
    Cli.Result prepared = command(server.access(), tiny.preparation(bucket + "/data"));
    assertThat(prepared.err()).isEmpty();
    Path file =
        tiny.resource(
            tiny.data().toString(), bucket + "/data", tiny.store().toString(), bucket + "/run");
    Cli.Result remote = command(server.access(), "run", file);
    assertThat(remote.err()).isEmpty();
    assertThat(remote.exitCode()).isZero();
    assertThat(lastLine(remote)).startsWith("final validation loss ").isEqualTo(lastLine(local));
    Cli.Result inspected =
        command(
            server.access(), "inspect", "--verify", bucket + "/run/wide/checkpoints/step-00000024");
    assertThat(inspected.out()).contains("all digests match");
    assertThat(command(server.access(), "run", file).out()).contains("tiny is already complete");
  }

  @Test
  void refusedKeyIsOneLineAndExitCodeTwo() throws InterruptedException {
    Path file = tiny.resource(tiny.store().toString(), bucket + "/run");
    Cli.Result result = command(server.access("sparkling-test", "wrong"), "run", file);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .singleElement()
        .asString()
        .matches(
            bucket
                + "/run/.*: the server refused the credentials \\(\\w+\\); an access key that may read"
                + " and write there is needed");
  }

  private Cli.Result command(S3Access access, Object... arguments) throws InterruptedException {
    Map<String, String> environment = new HashMap<>(tiny.environment(access));
    environment.put("XDG_STATE_HOME", folder.resolve("state").toString());
    return SparklingProcess.start(folder, environment, arguments).await();
  }

  private static String lastLine(Cli.Result result) {
    return result.out().lines().toList().getLast();
  }
}
