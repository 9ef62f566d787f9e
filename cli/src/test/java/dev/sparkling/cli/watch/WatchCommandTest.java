package dev.sparkling.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.cli.Cli;
import dev.sparkling.cli.watch.FakeApiServer.Change;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class WatchCommandTest {

  @TempDir private Path folder;

  private final FakeApiServer server = new FakeApiServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aRunIsFollowedUntilItSucceedsWithALineForEachChange() {
    server.watch(
        change("MODIFIED", ClusterStatuses.TRAINING),
        change("MODIFIED", ClusterStatuses.TRAINING),
        change("MODIFIED", ClusterStatuses.SUCCEEDED),
        change("MODIFIED", ClusterStatuses.PENDING));
    server.run("research", "demo", ClusterStatuses.PENDING);
    Cli.Result result = watch();
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(phases(result)).containsExactly("PHASE", "Pending", "Training", "Succeeded");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void aRunThatFailsEndsWithItsOwnCodeAndReason() {
    server.run("research", "demo", ClusterStatuses.FAILED);
    Cli.Result result = watch();
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(phases(result)).containsExactly("PHASE", "Failed");
    assertThat(result.errorLines())
        .containsExactly(
            "run demo: failed: stage narrow: a digest is wrong", "run demo: failed: and another");
  }

  @Test
  void aDroppedWatchRepeatsNothingAndMissesNothing() {
    server.run("research", "demo", ClusterStatuses.PENDING);
    server.watch(); // dropped at once
    server.watch(new Change("ERROR", FakeApiServer.yaml("{}"))); // history is gone
    server.beforeList(() -> {});
    server.beforeList(() -> {});
    server.beforeList(() -> server.run("research", "demo", ClusterStatuses.TRAINING));
    server.beforeList(() -> server.run("research", "demo", ClusterStatuses.SUCCEEDED));
    Cli.Result result = watch();
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(phases(result)).containsExactly("PHASE", "Pending", "Training", "Succeeded");
  }

  @Test
  void anUnreachableClusterIsReportedOnceAndWaitedFor() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    server.beforeList(() -> {});
    server.beforeList(() -> server.refuse("/progressivetrainings", 503, "restarting"));
    server.beforeList(() -> {});
    server.beforeList(
        () -> {
          server.accept();
          server.run("research", "demo", ClusterStatuses.SUCCEEDED);
        });
    Cli.Result result = watch();
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(phases(result)).containsExactly("PHASE", "Training", "Succeeded");
    assertThat(result.errorLines())
        .containsExactly("cluster " + server.url() + ": answered 503: restarting; trying again");
  }

  @Test
  void aRunThatIsDeletedEndsTheWatchWithAnError() {
    server.watch(change("DELETED", ClusterStatuses.TRAINING));
    server.run("research", "demo", ClusterStatuses.TRAINING);
    Cli.Result result = watch();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).endsWith("demo   deleted\n");
    assertThat(result.err()).isEqualTo("run demo: was deleted while it was watched\n");
  }

  @Test
  void aMissedDeletionIsFoundInTheNextList() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    server.beforeList(() -> {});
    server.beforeList(() -> server.remove("research", "demo"));
    assertThat(watch().err()).isEqualTo("run demo: was deleted while it was watched\n");
  }

  @Test
  void theWatchStartsFromTheListAndEndsAtItsWindow() {
    server.watch(change("MODIFIED", ClusterStatuses.SUCCEEDED));
    server.run("research", "demo", ClusterStatuses.PENDING);
    watch();
    assertThat(server.requests().get(1))
        .contains("watch=true", "resourceVersion=7", "timeoutSeconds=60", "metadata.name=demo");
  }

  /** Makes a change for a watch; the run must be stored in that state afterwards. */
  private Change change(String type, String status) {
    return new Change(type, server.run("research", "demo", status).deepCopy());
  }

  private static List<String> phases(Cli.Result result) {
    return result.out().lines().map(line -> line.split(" +")[1]).toList();
  }

  private Cli.Result watch() {
    return Cli.run("watch", "demo", "--kubeconfig", server.kubeconfig(folder));
  }
}
