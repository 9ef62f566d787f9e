package dev.sparkling.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.cli.Cli;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetryCommandTest {

  @TempDir private Path folder;

  private final FakeApiServer server = new FakeApiServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aFailedOrHeldRunIsTriedAgainByAnAnnotation() {
    for (String phase : new String[] {"Failed", "Held"}) {
      server.run("research", "demo", "phase: " + phase);
      Cli.Result result = retry("demo");
      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).isEqualTo("run demo: retry requested\n");
      assertThat(server.patches().removeLast())
          .matches(
              "/apis/sparkling.dev/v1alpha1/namespaces/research/progressivetrainings/demo"
                  + " application/merge-patch\\+json"
                  + " \\{\"metadata\":\\{\"annotations\":\\{\"sparkling.dev/retry\":\"20[^\"]+Z\"}}}");
    }
  }

  @Test
  void anyOtherRunIsRefusedAndNotChanged() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    Cli.Result result = retry("demo");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("run demo: is Training; only failed and held runs can be retried\n");
    assertThat(retry("other").err()).startsWith("run other: not found in namespace research");
    assertThat(server.patches()).isEmpty();
  }

  private Cli.Result retry(String name) {
    return Cli.run("retry", name, "--kubeconfig", server.kubeconfig(folder));
  }
}
