package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trainer's image has the command without the Kubernetes client. */
class WorkerImageTest {

  @TempDir private Path folder;

  @Test
  void theCommandStartsWithoutTheKubernetesClient() throws InterruptedException {
    Cli.Result result = start("train", "--help");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("sparkling train");
  }

  @Test
  void commandsThatNeedTheClientSayThatItIsMissing() throws InterruptedException {
    Cli.Result result = start("get");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "sparkling: worker images have no Kubernetes client; run this command outside of"
                + " them");
  }

  @Test
  void helpNamesTheCommandAsTheUserTypedIt() throws InterruptedException {
    Cli.Result result =
        SparklingProcess.start(
                folder, Map.of("SPARKLING_COMMAND", "kubectl sparkling"), "get", "--help")
            .await();
    assertThat(result.out()).startsWith("Usage: kubectl sparkling get ");
  }

  private Cli.Result start(Object... arguments) throws InterruptedException {
    return SparklingProcess.startWith(
            entry -> !entry.contains("io/fabric8"), folder, Map.of(), arguments)
        .await();
  }
}
