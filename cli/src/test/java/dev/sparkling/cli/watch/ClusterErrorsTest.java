package dev.sparkling.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sparkling.cli.Cli;
import dev.sparkling.cli.SparklingProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages where a cluster cannot be reached, or lacks what was requested. */
class ClusterErrorsTest {

  @TempDir private Path folder;

  private final FakeApiServer server = new FakeApiServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "watch"})
  void missingRunNamesItsNamespaceAndHowToFindOthers(String command) {
    Cli.Result result = run(command, "gone");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            "run gone: not found in namespace research; 'get' lists the runs there, 'get"
                + " --all-namespaces' those of all namespaces\n");
  }

  @Test
  void missingRunIsAnErrorInEveryFormat() {
    for (String format : List.of("json", "yaml", "name")) {
      assertThat(run("get", "gone", "-o", format).exitCode()).as(format).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "watch"})
  void missingDefinitionSaysHowToInstallIt(String command) {
    server.refuse("/progressivetrainings", 404, "404 page not found\n");
    Cli.Result result = run(command);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .containsExactly(
            "cluster "
                + server.url()
                + ": does not know ProgressiveTraining of sparkling.dev/v1alpha1; install Sparkling"
                + " with helm install sparkling charts/sparkling, or name another cluster with"
                + " --context");
  }

  @Test
  void forbiddenNamesTheUserTheVerbAndASufficientRole() {
    server.refuse(
        "/progressivetrainings",
        403,
        "{\"kind\":\"Status\",\"message\":\"progressivetrainings.sparkling.dev is forbidden: User"
            + " \\\"jane\\\" cannot list resource\"}");
    Cli.Result result = run("get");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .contains("User \"jane\" cannot list resource; the role 'view' in the namespace is enough");
  }

  @Test
  void refusedCredentialsSayToLogInAgain() {
    server.refuse("/progressivetrainings", 401, "{\"message\":\"Unauthorized\"}");
    Cli.Result result = run("get");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("(401): Unauthorized; log in again");
  }

  @Test
  void aServerErrorIsTransient() {
    server.refuse("/progressivetrainings", 503, "etcd is away");
    Cli.Result result = run("get");
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.errorLines())
        .containsExactly("cluster " + server.url() + ": answered 503: etcd is away");
  }

  @Test
  void aServerThatIsNotKubernetesIsNamed() {
    server.refuse("/progressivetrainings", 200, "<html>welcome</html>");
    Cli.Result result = run("get");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("not like a Kubernetes API server");
    server.refuse("/progressivetrainings", 200, "{\"kind\": \"Other\"}");
    assertThat(run("get").err()).contains("not like a Kubernetes API server");
  }

  @Test
  void anUnreachableServerIsTransientAndNamed() throws IOException {
    String nobody;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "https://127.0.0.1:" + closed.getLocalPort();
    }
    Cli.Result result = Cli.run("get", "--kubeconfig", kubeconfigOf(nobody));
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.errorLines())
        .containsExactly(
            "cluster "
                + nobody
                + ": cannot be reached: connection refused; check that it is running and that the"
                + " kubeconfig names the right one");
  }

  @Test
  void anUnknownHostIsNamed() {
    Cli.Result result = Cli.run("get", "--kubeconfig", kubeconfigOf("https://cluster.invalid"));
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.err()).contains("its name cannot be resolved");
  }

  @Test
  void anUntrustedCertificateIsTheUsersError() throws Exception {
    HttpsServer strange =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    strange.setHttpsConfigurator(new HttpsConfigurator(SelfSigned.context(folder)));
    strange.start();
    try {
      Cli.Result result =
          Cli.run(
              "get",
              "--kubeconfig",
              kubeconfigOf("https://127.0.0.1:" + strange.getAddress().getPort()));
      assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
      assertThat(result.errorLines())
          .singleElement()
          .asString()
          .contains("no trusted connection: ", "; certificate-authority-data in the kubeconfig");
    } finally {
      strange.stop(0);
    }
  }

  @Test
  void missingKubeconfigIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    Cli.Result result = Cli.run("get", "--kubeconfig", nowhere);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).isEqualTo("--kubeconfig: " + nowhere + " is not a readable file\n");
  }

  @Test
  void noKubeconfigAtAllSaysHowToNameOne() throws InterruptedException {
    Cli.Result result =
        SparklingProcess.start(
                folder, Map.of("KUBECONFIG", folder.resolve("nowhere").toString()), "get")
            .await();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "kubeconfig: "
                + folder.resolve("nowhere")
                + " does not exist; name a file with --kubeconfig or KUBECONFIG\n");
  }

  @Test
  void unknownContextListsTheKnownOnes() {
    Cli.Result result = run("get", "--context", "elsewhere");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .contains("--context: 'elsewhere' is not in kubeconfig ", ", which has here, plain");
  }

  @Test
  void kubeconfigWithoutACurrentContextOrClusterSaysSo() {
    Path file = FakeApiServer.write(folder.resolve("empty"), "apiVersion: v1\nkind: Config\n");
    assertThat(Cli.run("get", "--kubeconfig", file).err())
        .contains("has no current context; name one with --context, it has none");
    Path lost =
        FakeApiServer.write(
            folder.resolve("lost"),
            "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n");
    assertThat(Cli.run("get", "--kubeconfig", lost).err())
        .contains("context 'a' names cluster 'c', which has no server there");
  }

  @Test
  void brokenKubeconfigIsNamed() {
    Path file = FakeApiServer.write(folder.resolve("broken"), "contexts: {:\n  - [");
    Cli.Result result = Cli.run("get", "--kubeconfig", file);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).startsWith("kubeconfig " + file + ": cannot be used: ");
  }

  @Test
  void namesThatNoResourceCanHaveAreRefusedBeforeAnyRequest() {
    assertThat(run("get", "a/../b").err())
        .isEqualTo(
            "NAME: 'a/../b' is not a Kubernetes name; lower case letters, digits, '-' and '.' are"
                + " allowed\n");
    assertThat(run("watch", "-n", "a,b").err())
        .startsWith("--namespace: 'a,b' is not a Kubernetes name");
    assertThat(run("get", "demo", "-A").err())
        .startsWith("NAME: 'demo' cannot be combined with --all-namespaces");
    assertThat(server.requests()).isEmpty();
  }

  private Path kubeconfigOf(String url) {
    return FakeApiServer.write(
        folder.resolve("other"),
        """
        current-context: a
        contexts: [{name: a, context: {cluster: c, user: u}}]
        clusters: [{name: c, cluster: {server: "%s"}}]
        users: [{name: u, user: {token: t}}]
        """
            .formatted(url));
  }

  private Cli.Result run(String command, Object... arguments) {
    List<Object> words =
        new ArrayList<>(List.of(command, "--kubeconfig", server.kubeconfig(folder)));
    words.addAll(Arrays.asList(arguments));
    return Cli.run(words.toArray());
  }
}
