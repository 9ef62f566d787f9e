package dev.sparkling.checkpoint.store;

import io.minio.BucketExistsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioAsyncClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/**
 * A real MinIO server on a free loopback port, for tests. The binary is built once from its Go
 * module and kept in {@code ~/.cache/sparkling/tools}; {@code SPARKLING_MINIO} names one instead.
 */
public final class MinioServer implements AutoCloseable {

  private static final String VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
  private static final Duration BUILD_TIMEOUT = Duration.ofMinutes(20);
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final String SECRET = "sparkling-test-secret";
  private static final String KEY = "sparkling-test";

  private final ProcessBuilder command;
  private volatile Process process;
  private final Path data;
  private final int port;

  private MinioServer(ProcessBuilder command, Path data, int port) throws IOException {
    this.command = command;
    this.process = command.start();
    this.data = data;
    this.port = port;
  }

  /** Starts a server on an empty folder. */
  public static MinioServer start() throws IOException, InterruptedException {
    Path binary = binary();
    Path data = Files.createTempDirectory("sparkling-minio");
    int port = freePort();
    ProcessBuilder builder =
        new ProcessBuilder(
            binary.toString(),
            "server",
            "--quiet",
            "--address",
            "127.0.0.1:" + port,
            data.resolve("data").toString());
    builder.environment().put("MINIO_ROOT_USER", KEY);
    builder.environment().put("MINIO_ROOT_PASSWORD", SECRET);
    // An empty folder of certificates, so that the user's stay out of tests.
    builder.environment().put("HOME", data.toString());
    builder.environment().put("MINIO_BROWSER", "off");
    builder.environment().put("MINIO_UPDATE", "off");
    builder.redirectErrorStream(true).redirectOutput(data.resolve("server.log").toFile());
    MinioServer server = new MinioServer(builder, data, port);
    Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
    server.awaitReady();
    return server;
  }

  /** Kills the server and restarts it on its data. */
  public void restart() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    process = command.start();
    awaitReady();
  }

  /** Credentials of the server's owner. */
  public S3Access access() {
    return access(KEY, SECRET);
  }

  /** The server's address with the given credentials. */
  public S3Access access(String key, String secret) {
    return new S3Access("http://127.0.0.1:" + port, key, secret, "us-east-1", Optional.empty());
  }

  /** Creates a bucket and returns its name. */
  public String newBucket() {
    String bucket = "test-" + UUID.randomUUID();
    try (MinioAsyncClient client = S3Client.connect(access())) {
      client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build()).join();
      client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build()).join();
    } catch (Exception e) {
      throw new IllegalStateException("making bucket " + bucket, e);
    }
    return bucket;
  }

  @Override
  public void close() {
    stop();
    try (var files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void stop() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReady() throws InterruptedException, IOException {
    HttpRequest health =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/minio/health/ready"))
            .timeout(Duration.ofSeconds(2))
            .build();
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    try (HttpClient http = HttpClient.newHttpClient()) {
      while (true) {
        try {
          if (http.send(health, BodyHandlers.discarding()).statusCode() == 200) {
            return;
          }
        } catch (IOException e) {
          if (!process.isAlive() || Instant.now().isAfter(deadline)) {
            throw new IOException(
                "MinIO did not start: " + Files.readString(data.resolve("server.log")), e);
          }
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Path binary() throws IOException, InterruptedException {
    String named = System.getenv("SPARKLING_MINIO");
    if (named != null) {
      return Path.of(named);
    }
    Path folder = cache().resolve("sparkling").resolve("tools").resolve("minio-" + VERSION);
    Path binary = folder.resolve("minio");
    Files.createDirectories(folder);
    try (FileChannel lockFile =
            FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = lockFile.lock()) {
      if (!Files.isExecutable(binary)) {
        build(folder);
      }
    }
    return binary;
  }

  private static Path cache() {
    String named = System.getenv("XDG_CACHE_HOME");
    return named == null || named.isBlank()
        ? Path.of(System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".cache")
        : Path.of(named);
  }

  private static void build(Path folder) throws IOException, InterruptedException {
    System.out.println(
        "building MinIO " + VERSION + " from its Go module, once; this takes minutes");
    ProcessBuilder builder =
        new ProcessBuilder("go", "install", "github.com/minio/minio@" + VERSION);
    builder.environment().put("GOBIN", folder.toString());
    builder.environment().put("CGO_ENABLED", "0");
    Path log = folder.resolve("build.log");
    builder.redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile()));
    Process go;
    try {
      go = builder.start();
    } catch (IOException e) {
      System.out.println("SKIPPED: tests against MinIO need Go, which is not on the PATH");
      throw new TestAbortedException("Go is not on the PATH", e);
    }
    if (!go.waitFor(BUILD_TIMEOUT.toMinutes(), TimeUnit.MINUTES) || go.exitValue() != 0) {
      go.destroyForcibly();
      throw new IOException("building MinIO failed: " + Files.readString(log));
    }
  }
}
