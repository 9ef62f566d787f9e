package dev.sparkling.cli.watch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * An API server with what reading runs needs: lists and watches as tables, whose columns are those
 * of the committed CustomResourceDefinition, and events. It records patches.
 */
final class FakeApiServer implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path DEFINITION =
      Path.of("../crds/progressivetrainings.sparkling.dev-v1.yml");

  private final HttpServer server;
  private final Map<String, ObjectNode> runs = new LinkedHashMap<>();
  private final List<ObjectNode> events = new ArrayList<>();
  private final Deque<Runnable> beforeLists = new ArrayDeque<>();
  private final Deque<List<Change>> watches = new ArrayDeque<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> patches = new CopyOnWriteArrayList<>();
  private final Map<String, Refusal> refusals = new LinkedHashMap<>();

  /** An event of a watch; {@code ERROR} is sent with code 410. */
  record Change(String type, ObjectNode run) {}

  private record Refusal(int code, String body) {}

  FakeApiServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A kubeconfig for it, whose context {@code here} is in the namespace {@code research}. */
  Path kubeconfig(Path folder) {
    return write(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: here
        contexts:
        - {name: here, context: {cluster: fake, user: researcher, namespace: research}}
        - {name: plain, context: {cluster: fake, user: researcher}}
        clusters:
        - {name: fake, cluster: {server: "%s"}}
        users:
        - {name: researcher, user: {token: secret-token}}
        """
            .formatted(url()));
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds a run, or replaces it. */
  synchronized ObjectNode run(String namespace, String name, String statusYaml) {
    ObjectNode run = JSON.createObjectNode();
    run.put("apiVersion", "sparkling.dev/v1alpha1").put("kind", "ProgressiveTraining");
    run.putObject("metadata")
        .put("name", name)
        .put("namespace", namespace)
        .put("uid", "uid-of-" + name)
        .putArray("managedFields")
        .addObject()
        .put("manager", "bookkeeping");
    run.putObject("spec").put("retries", "3");
    run.set("status", yaml(statusYaml));
    runs.put(namespace + "/" + name, run);
    return run;
  }

  synchronized void remove(String namespace, String name) {
    runs.remove(namespace + "/" + name);
  }

  /** Adds an event of a run as a row of the table. */
  synchronized void event(String run, String time, String... cells) {
    ObjectNode event = JSON.createObjectNode();
    event.putObject("involvedObject").put("uid", "uid-of-" + run);
    event.put("lastTimestamp", time);
    Arrays.asList(cells).forEach(event.putArray("cells")::add);
    events.add(event);
  }

  /** Runs an action before the next list is answered, one action for each list. */
  synchronized void beforeList(Runnable happens) {
    beforeLists.add(happens);
  }

  /** Sets the events of the next watch, which is dropped after them. */
  synchronized void watch(Change... changes) {
    watches.add(List.of(changes));
  }

  /** Answers requests whose path has this ending with an error. */
  synchronized void refuse(String end, int code, String body) {
    refusals.put(end, new Refusal(code, body));
  }

  synchronized void accept() {
    refusals.clear();
  }

  /** The requests so far, each as {@code path?query authorization}. */
  List<String> requests() {
    return requests;
  }

  /** The patches so far, each as {@code path type body}. */
  List<String> patches() {
    return patches;
  }

  static ObjectNode yaml(String text) {
    try {
      return (ObjectNode) new YAMLMapper().readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    Map<String, String> query = query(exchange);
    requests.add(
        path
            + "?"
            + Objects.toString(exchange.getRequestURI().getQuery(), "")
            + " "
            + exchange.getRequestHeaders().getFirst("Authorization"));
    if (exchange.getRequestMethod().equals("PATCH")) {
      patches.add(
          path
              + " "
              + exchange.getRequestHeaders().getFirst("Content-Type")
              + " "
              + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    }
    boolean table =
        Objects.toString(exchange.getRequestHeaders().getFirst("Accept"), "").contains("as=Table");
    if (query.containsKey("watch")) {
      tell(exchange);
      return;
    }
    Refusal refusal;
    String body;
    synchronized (this) {
      if (path.endsWith("/progressivetrainings") && !beforeLists.isEmpty()) {
        beforeLists.remove().run();
      }
      refusal =
          refusals.entrySet().stream()
              .filter(refused -> path.endsWith(refused.getKey()))
              .findFirst()
              .map(Map.Entry::getValue)
              .orElse(null);
      body =
          path.endsWith("/events")
              ? eventTable(query).toString()
              : list(path, query, table).toString();
    }
    byte[] bytes = (refusal == null ? body : refusal.body()).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(
        refusal == null ? 200 : refusal.code(), bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private void tell(HttpExchange exchange) throws IOException {
    List<Change> changes;
    synchronized (this) {
      changes = watches.isEmpty() ? List.of() : watches.remove();
    }
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (Change change : changes) {
        ObjectNode event = JSON.createObjectNode().put("type", change.type());
        if (change.type().equals("ERROR")) {
          event.putObject("object").put("kind", "Status").put("code", 410);
        } else {
          ObjectNode table = event.putObject("object").put("kind", "Table");
          table.putArray("rows").add(row(change.run(), true)); // columns are in the list only
        }
        out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  private ObjectNode list(String path, Map<String, String> query, boolean table) {
    String[] words = path.split("/");
    String namespace = path.contains("/namespaces/") ? words[words.length - 2] : "";
    String selector = query.getOrDefault("fieldSelector", "");
    List<ObjectNode> chosen =
        runs.values().stream()
            .filter(
                run ->
                    namespace.isEmpty() || run.at("/metadata/namespace").asText().equals(namespace))
            .filter(
                run ->
                    selector.isEmpty()
                        || selector.equals("metadata.name=" + run.at("/metadata/name").asText()))
            .toList();
    ObjectNode list = JSON.createObjectNode();
    list.putObject("metadata").put("resourceVersion", "7");
    if (!table) {
      list.put("kind", "ProgressiveTrainingList").putArray("items").addAll(chosen);
      return list;
    }
    list.put("kind", "Table").set("columnDefinitions", columns());
    ArrayNode rows = list.putArray("rows");
    boolean whole = "Object".equals(query.get("includeObject"));
    chosen.forEach(run -> rows.add(row(run, whole)));
    return list;
  }

  /** The columns of the definition, after the name. */
  private static ArrayNode columns() {
    ArrayNode columns = JSON.createArrayNode();
    columns.addObject().put("name", "Name").put("type", "string").put("priority", 0);
    printerColumns().forEach(columns::add);
    columns.addObject().put("name", "Notes").put("type", "string").put("priority", 1);
    return columns;
  }

  private static JsonNode printerColumns() {
    try {
      return new YAMLMapper()
          .readTree(DEFINITION.toFile())
          .at("/spec/versions/0/additionalPrinterColumns");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode row(ObjectNode run, boolean whole) {
    ObjectNode row = JSON.createObjectNode();
    ArrayNode cells = row.putArray("cells").add(run.at("/metadata/name").asText());
    for (JsonNode column : printerColumns()) {
      JsonNode value = run.at(column.path("jsonPath").asText().replace('.', '/'));
      if (column.path("type").asText().equals("date")) {
        cells.add(System.nanoTime() + "ns"); // never the same twice
      } else {
        cells.add(value.isMissingNode() ? JSON.nullNode() : value);
      }
    }
    cells.add("for the wide only");
    ObjectNode object = run.deepCopy();
    if (!whole) {
      object.remove(List.of("spec", "status"));
    }
    row.set("object", object);
    return row;
  }

  private ObjectNode eventTable(Map<String, String> query) {
    ObjectNode table = JSON.createObjectNode().put("kind", "Table");
    table.putObject("metadata");
    ArrayNode columns = table.putArray("columnDefinitions");
    for (String name : List.of("Last Seen", "Type", "Reason", "Object", "Message")) {
      columns.addObject().put("name", name).put("type", "string").put("priority", 0);
    }
    ArrayNode rows = table.putArray("rows");
    for (ObjectNode event : events) {
      if (("involvedObject.uid=" + event.at("/involvedObject/uid").asText())
          .equals(query.get("fieldSelector"))) {
        ObjectNode row = rows.addObject();
        row.set("cells", event.get("cells"));
        row.set("object", event);
      }
    }
    return table;
  }

  private static Map<String, String> query(HttpExchange exchange) {
    String query = Objects.toString(exchange.getRequestURI().getRawQuery(), "");
    return Arrays.stream(query.split("&"))
        .filter(parameter -> parameter.contains("="))
        .map(parameter -> parameter.split("=", 2))
        .collect(
            Collectors.toMap(
                parameter -> parameter[0],
                parameter -> URLDecoder.decode(parameter[1], StandardCharsets.UTF_8)));
  }
}
