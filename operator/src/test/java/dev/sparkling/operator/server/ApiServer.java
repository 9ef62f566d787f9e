package dev.sparkling.operator.server;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real API server with its etcd on free loopback ports, with the committed
 * CustomResourceDefinition and the operator's permissions from the chart. It has no controllers and
 * no nodes: a test plays their part. All tests of a JVM share one server, each in its own
 * namespace.
 */
public final class ApiServer {

  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final String CERTIFICATES = "certificates";
  private static final String TOKEN = UUID.randomUUID().toString();
  private static final Path DEFINITION =
      Path.of("../crds/progressivetrainings.sparkling.dev-v1.yml");
  private static final Path PERMISSIONS =
      Path.of("../charts/sparkling/ci/golden/rbac-default.yaml");

  private static @Nullable ApiServer shared;

  private final Path folder;
  private final String url;
  private @Nullable KubernetesClient administrator;

  private ApiServer(Path folder, String url) {
    this.folder = folder;
    this.url = url;
  }

  /** The server of this JVM; skips the test if its programs are not installed. */
  public static synchronized ApiServer shared() {
    if (shared == null) {
      shared = start(ApiServerPrograms.find());
    }
    return shared;
  }

  /** A client that may do everything. */
  public synchronized KubernetesClient administrator() {
    if (administrator == null) {
      administrator = client(configuration().build());
    }
    return administrator;
  }

  /** The configuration of a client with the operator's permissions from the chart. */
  public Config operator() {
    return configuration()
        .withImpersonateUsername("system:serviceaccount:sparkling-system:sparkling-operator")
        .build();
  }

  /** Creates a namespace. */
  public String namespace() {
    String name = "test-" + UUID.randomUUID();
    createNamespace(name);
    return name;
  }

  private void createNamespace(String name) {
    administrator()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  private static KubernetesClient client(Config configuration) {
    return new KubernetesClientBuilder().withConfig(configuration).build();
  }

  private ConfigBuilder configuration() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(url)
        .withCaCertFile(folder.resolve(CERTIFICATES).resolve("apiserver.crt").toString())
        .withOauthToken(TOKEN);
  }

  private static ApiServer start(ApiServerPrograms programs) {
    try {
      Path folder = Files.createTempDirectory("sparkling-api-server");
      Files.writeString(
          folder.resolve("tokens.csv"), TOKEN + ",administrator,administrator,system:masters\n");
      writeServiceAccountKeys(folder);
      String etcd = "http://127.0.0.1:" + freePort();
      int port = freePort();
      List<Process> processes = new ArrayList<>();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(processes, folder)));
      processes.add(
          launch(
              folder,
              programs.etcd(),
              "--data-dir=" + folder.resolve("etcd"),
              "--unsafe-no-fsync",
              "--listen-client-urls=" + etcd,
              "--advertise-client-urls=" + etcd,
              "--listen-peer-urls=http://127.0.0.1:" + freePort()));
      processes.add(
          launch(
              folder,
              programs.apiServer(),
              "--etcd-servers=" + etcd,
              "--bind-address=127.0.0.1",
              "--advertise-address=127.0.0.1",
              "--endpoint-reconciler-type=none",
              "--secure-port=" + port,
              "--cert-dir=" + folder.resolve(CERTIFICATES),
              "--token-auth-file=" + folder.resolve("tokens.csv"),
              "--authorization-mode=RBAC",
              "--service-cluster-ip-range=10.0.0.0/24",
              "--disable-admission-plugins=ServiceAccount",
              "--service-account-issuer=https://localhost",
              "--service-account-key-file=" + folder.resolve("accounts.pub"),
              "--service-account-signing-key-file=" + folder.resolve("accounts.key")));
      ApiServer server = new ApiServer(folder, "https://127.0.0.1:" + port);
      server.awaitReady(processes);
      server.install();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Process launch(Path folder, Path program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log(folder, program.getFileName().toString()).toFile())
        .start();
  }

  private static Path log(Path folder, String program) {
    return folder.resolve(program + ".log");
  }

  private void awaitReady(List<Process> processes) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    while (!isReady()) {
      if (Instant.now().isAfter(deadline) || !processes.stream().allMatch(Process::isAlive)) {
        throw new IOException(
            "the API server did not start: "
                + Files.readString(log(folder, "etcd"))
                + Files.readString(log(folder, "kube-apiserver")));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private boolean isReady() {
    if (!Files.exists(folder.resolve(CERTIFICATES).resolve("apiserver.crt"))) {
      return false;
    }
    Config once = configuration().withRequestRetryBackoffLimit(0).build();
    try (KubernetesClient client = client(once)) {
      return "ok".equals(client.raw("/readyz"));
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private void install() throws IOException {
    createNamespace("sparkling-system");
    for (Path file : List.of(DEFINITION, PERMISSIONS)) {
      try (InputStream yaml = Files.newInputStream(file)) {
        administrator().load(yaml).serverSideApply();
      }
    }
    administrator()
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("progressivetrainings.sparkling.dev")
        .waitUntilCondition(
            definition ->
                definition.getStatus().getConditions().stream()
                    .anyMatch(
                        c -> c.getType().equals("Established") && c.getStatus().equals("True")),
            START_TIMEOUT.toSeconds(),
            TimeUnit.SECONDS);
  }

  private static void writeServiceAccountKeys(Path folder) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair keys = generator.generateKeyPair();
      writePem(folder.resolve("accounts.key"), "PRIVATE KEY", keys.getPrivate().getEncoded());
      writePem(folder.resolve("accounts.pub"), "PUBLIC KEY", keys.getPublic().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static void writePem(Path file, String type, byte[] key) throws IOException {
    Files.writeString(
        file,
        "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
            .formatted(type, Base64.getMimeEncoder().encodeToString(key)));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void stop(List<Process> processes, Path folder) {
    processes.reversed().forEach(Process::destroyForcibly);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Process process : processes) {
        process.waitFor(10, TimeUnit.SECONDS);
      }
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.out.println("cannot delete " + folder + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
