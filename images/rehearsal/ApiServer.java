import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A minimal API server over TLS. The operator runs against it while its image is built, so that its
 * AOT cache has the classes that a start in a cluster needs. It serves the definition and one run;
 * every write succeeds.
 *
 * <pre>
 * java ApiServer.java FOLDER KEYSTORE PASSWORD: prints its port, and serves until its input ends;
 * FOLDER holds run.json and definition.yml
 * </pre>
 */
public final class ApiServer {

  private static final String MAY_ALL =
      """
      {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}, "status": {
        "incomplete": false, "nonResourceRules": [],
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}}
      """;

  private final String run;
  private final String definition;

  private ApiServer(Path folder) throws IOException {
    run = Files.readString(folder.resolve("run.json"));
    definition = Files.readString(folder.resolve("definition.yml"));
  }

  public static void main(String[] arguments) throws Exception {
    char[] password = arguments[2].toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(KeyStore.getInstance(Path.of(arguments[1]).toFile(), password), password);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.setExecutor(Executors.newCachedThreadPool());
    ApiServer api = new ApiServer(Path.of(arguments[0]));
    server.createContext("/", api::answer);
    server.start();
    System.out.println(server.getAddress().getPort());
    System.in.readAllBytes();
    System.exit(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = exchange.getRequestURI().getPath();
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      if (exchange.getRequestHeaders().containsKey("Upgrade")) {
        // Without a WebSocket, the client watches by a plain request.
        exchange.sendResponseHeaders(200, -1);
      } else if (query.contains("watch=true")) {
        watch(exchange);
      } else if (path.equals("/version")) {
        send(exchange, 200, "{\"major\": \"1\", \"minor\": \"34\", \"gitVersion\": \"v1.34.0\"}");
      } else if (path.endsWith("/progressivetrainings")) {
        send(exchange, 200, list("ProgressiveTrainingList", "sparkling.dev/v1alpha1", run));
      } else if (path.contains("/progressivetrainings/")) {
        send(exchange, 200, run);
      } else if (path.contains("/customresourcedefinitions/")) {
        // The client parses text that does not begin like JSON as YAML.
        send(exchange, 200, definition);
      } else if (path.endsWith("/pods")) {
        send(exchange, 200, list("PodList", "v1", ""));
      } else if (path.endsWith("/jobs")) {
        send(exchange, 200, list("JobList", "batch/v1", ""));
      } else if (path.endsWith("/selfsubjectrulesreviews")) {
        send(exchange, 201, MAY_ALL);
      } else if (exchange.getRequestMethod().equals("GET")) {
        send(exchange, 404, "{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\", \"code\": 404}");
      } else {
        send(exchange, 201, body);
      }
    }
  }

  /** Keeps the watch open without sending events. */
  private static void watch(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().flush();
    try {
      Thread.sleep(java.time.Duration.ofHours(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String list(String kind, String version, String item) {
    return "{\"kind\": \"%s\", \"apiVersion\": \"%s\", \"metadata\": {\"resourceVersion\": \"1\"}, \"items\": [%s]}"
        .formatted(kind, version, item);
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
