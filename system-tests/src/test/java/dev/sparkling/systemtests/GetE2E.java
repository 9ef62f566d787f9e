package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code get} and {@code watch} compared with kubectl, on the same runs. */
class GetE2E {

  private static final String NAMESPACE = "get";

  @TempDir private Path folder;

  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void columnsAndValuesAreThoseOfKubectl() {
    // Given: two runs whose lines stay as they are, but for their ages
    Run suspended = TinyRun.apply(cluster, NAMESPACE, "suspended", "suspend: true");
    Run longer = TinyRun.apply(cluster, NAMESPACE, "suspended-with-a-longer-name", "suspend: true");
    suspended.awaitPhase("Suspended");
    longer.awaitPhase("Suspended");

    // When
    String kubectl = cluster.kubectl("-n", NAMESPACE, "get", "pt");
    String sparkling = cluster.sparkling("get", "-n", NAMESPACE);
    String kubectlOfAll = cluster.kubectl("get", "pt", "-A");
    String sparklingOfAll = cluster.sparkling("get", "-A");

    // Then
    assertThat(withoutAges(sparkling)).isEqualTo(withoutAges(kubectl)).hasSizeGreaterThan(2);
    assertThat(header(sparkling)).isEqualTo(header(kubectl));
    assertThat(header(sparklingOfAll).split(" +")).isEqualTo(header(kubectlOfAll).split(" +"));
    assertThat(withoutAges(sparklingOfAll))
        .containsAll(
            withoutAges(kubectl).stream().skip(1).map(cells -> NAMESPACE + " " + cells).toList());
    assertThat(cluster.sparkling("get", "-n", NAMESPACE, "-o", "name"))
        .isEqualTo(cluster.kubectl("-n", NAMESPACE, "get", "pt", "-o", "name"));
    suspended.delete();
    longer.delete();
  }

  @Test
  void aRunIsWatchedToItsEndAndThenShowsItsStagesExpansionAndEvents() {
    // Given
    Run run = TinyRun.apply(cluster, NAMESPACE, "watched");

    // When
    Shell.Ended watch = sparkling("watch", "watched", "-n", NAMESPACE);

    // Then
    assertThat(watch.exitCode()).as(watch.output()).isZero();
    List<String> lines = watch.output().lines().filter(l -> l.startsWith("watched ")).toList();
    assertThat(lines.getLast()).contains("Succeeded", "240/240", "100%");
    assertThat(lines).hasSizeGreaterThan(3);
    for (int i = 1; i < lines.size(); i++) {
      assertThat(withoutAge(lines.get(i))).isNotEqualTo(withoutAge(lines.get(i - 1)));
    }
    String details = cluster.sparkling("get", "watched", "-n", NAMESPACE);
    System.out.println(details);
    assertThat(details)
        .contains("narrow   Succeeded", "wide     Succeeded", "step-00000240")
        .contains("EXPANSION   LOSS BEFORE", "Ready: Succeeded", "LAST SEEN")
        .contains("all stages are complete");
    run.delete();
  }

  @Test
  void aHeldRunIsShownWithItsReasonAndWatchedUntilItSucceeds() throws Exception {
    // Given
    cluster.secret(NAMESPACE, "wrong-credentials", "nobody", "nothing-that-fits");
    Run run =
        TinyRun.apply(
            cluster,
            NAMESPACE,
            "held",
            "storage: {credentialsSecret: wrong-credentials}",
            TinyRun.ONE_LONG_STAGE);
    FutureTask<Shell.Ended> watch =
        new FutureTask<>(() -> sparkling("watch", "held", "-n", NAMESPACE));
    Thread.ofVirtual().start(watch);

    // When
    run.awaitPhase("Held");

    // Then
    assertThat(cluster.sparkling("get", "held", "-n", NAMESPACE))
        .contains("not Progressing: CredentialsRefused", "the server refused the credentials");

    // When
    cluster.secret(NAMESPACE, "wrong-credentials");
    cluster.sparkling("retry", "held", "-n", NAMESPACE);

    // Then
    Shell.Ended watched = watch.get(Run.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(watched.exitCode()).as(watched.output()).isZero();
    assertThat(watched.output())
        .contains("run held: stage narrow is held: ", "the server refused the credentials");
    run.delete();
  }

  @Test
  void aMissingRunIsReportedAsKubectlReportsIt() {
    Shell.Ended missing = sparkling("get", "nobody", "-n", NAMESPACE);
    assertThat(missing.exitCode()).isEqualTo(2);
    assertThat(missing.output()).contains("run nobody: not found in namespace get; ");
    Shell.Ended none = sparkling("get", "-n", "kube-public");
    assertThat(none.exitCode()).isZero();
    assertThat(none.output()).endsWith("no runs in namespace kube-public\n");
  }

  @Test
  void kubectlFindsTheSameCommandOnThePath() throws IOException {
    Path plugin =
        Files.createSymbolicLink(
            folder.resolve("kubectl-sparkling"), cluster.root().resolve("kubectl-sparkling"));
    String path = plugin.getParent() + ":" + System.getenv("PATH");
    Shell.Ended help =
        cluster
            .shell()
            .attempt(
                "", "env", "PATH=" + path, Cluster.setting("KUBECTL"), "sparkling", "get", "-h");
    assertThat(help.exitCode()).as(help.output()).isZero();
    assertThat(help.output()).contains("Usage: kubectl sparkling get ");
    Shell.Ended get =
        cluster
            .shell()
            .attempt(
                "",
                "env",
                "PATH=" + path,
                Cluster.setting("KUBECTL"),
                "sparkling",
                "get",
                "-n",
                "kube-public");
    assertThat(get.output()).endsWith("no runs in namespace kube-public\n");
  }

  private Shell.Ended sparkling(Object... arguments) {
    Object[] command = new Object[arguments.length + 1];
    command[0] = cluster.root().resolve("sparkling");
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return cluster.shell().attempt("", command);
  }

  /** Ages differ between two commands; so does the width that they take. */
  private static List<String> withoutAges(String table) {
    return table.lines().map(GetE2E::withoutAge).toList();
  }

  private static String withoutAge(String line) {
    String[] cells = line.strip().split(" +");
    return String.join(" ", Arrays.copyOf(cells, cells.length - 1));
  }

  private static String header(String table) {
    return table.lines().findFirst().orElse("").strip();
  }
}
