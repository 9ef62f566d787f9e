package dev.sparkling.operator.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * The programs of an API server: those of {@code KUBEBUILDER_ASSETS}, else those that {@code
 * hack/lab/lab install} has cached.
 */
record ApiServerPrograms(Path etcd, Path apiServer) {

  private static final String ETCD = "etcd";
  private static final String API_SERVER = "kube-apiserver";

  /** A first build on a machine that runs other tests meanwhile takes half an hour. */
  private static final Duration INSTALL_TIMEOUT = Duration.ofMinutes(40);

  /** Finds the programs; skips the test if there are none, after a running installation. */
  static ApiServerPrograms find() {
    String assets = System.getenv("KUBEBUILDER_ASSETS");
    if (assets != null) {
      return new ApiServerPrograms(Path.of(assets, ETCD), Path.of(assets, API_SERVER));
    }
    return installed()
        .or(
            () -> {
              awaitInstallation(kubernetes());
              return installed();
            })
        .orElseThrow(ApiServerPrograms::skipped);
  }

  private static TestAbortedException skipped() {
    String why =
        "tests against an API server need etcd and kube-apiserver: run hack/lab/lab install, or set"
            + " KUBEBUILDER_ASSETS";
    System.out.println("SKIPPED: " + why);
    return new TestAbortedException(why);
  }

  private static Optional<ApiServerPrograms> installed() {
    Path apiServer = kubernetes().resolve(API_SERVER);
    return runtimes()
        .map(folder -> folder.resolve(ETCD))
        .filter(Files::isExecutable)
        .findFirst()
        .filter(_ -> Files.isExecutable(apiServer))
        .map(etcd -> new ApiServerPrograms(etcd, apiServer));
  }

  private static Path kubernetes() {
    Path module = Path.of("../hack/lab/tools/kubernetes/go.mod");
    try {
      Matcher version =
          Pattern.compile("(?m)^require k8s.io/kubernetes (\\S+)$")
              .matcher(Files.readString(module));
      if (!version.find()) {
        throw new IllegalStateException(module + ": names no version of Kubernetes");
      }
      return cache().resolve("kubernetes-" + version.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Path> runtimes() {
    try (Stream<Path> folders = Files.list(cache())) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("container-runtime-"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      return Stream.empty();
    }
  }

  private static Path cache() {
    String named = System.getenv("XDG_CACHE_HOME");
    Path cache =
        named == null || named.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(named);
    return cache.resolve("sparkling").resolve("tools");
  }

  /** {@code hack/lab/lab install} holds this lock while it builds, with flock(1). */
  private static void awaitInstallation(Path folder) {
    Path lock = folder.resolve("lock");
    if (!Files.exists(lock)) {
      return;
    }
    try {
      Process flock =
          new ProcessBuilder(
                  "flock",
                  "--wait",
                  Long.toString(INSTALL_TIMEOUT.toSeconds()),
                  lock.toString(),
                  "true")
              .inheritIO()
              .start();
      if (!flock.waitFor(INSTALL_TIMEOUT.toSeconds() + 10, TimeUnit.SECONDS)) {
        flock.destroyForcibly();
      }
    } catch (IOException e) {
      System.out.println("cannot wait for " + lock + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
