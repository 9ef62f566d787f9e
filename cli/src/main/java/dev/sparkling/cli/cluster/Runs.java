package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The runs of a namespace or of all namespaces, or a single one. */
public final class Runs implements AutoCloseable {

  private static final String GROUP = "/apis/sparkling.dev/v1alpha1";
  private static final String PLURAL = "/progressivetrainings";

  /** Time after the end of its window at which a watch that has not ended counts as dead. */
  private static final Duration WATCH_GRACE = Duration.ofSeconds(15);

  private final ApiServer server;
  private final boolean allNamespaces;
  private final @Nullable String name;

  private Runs(ApiServer server, boolean allNamespaces, @Nullable String name) {
    this.server = server;
    this.allNamespaces = allNamespaces;
    this.name = name;
  }

  /** Reads the kubeconfig; sends no request. */
  public static Runs open(ClusterChoice choice) {
    try {
      return new Runs(ApiServer.open(choice), choice.allNamespaces(), choice.run());
    } catch (NoClassDefFoundError e) {
      throw new UserError(
          "sparkling: worker images have no Kubernetes client; run this command outside of them",
          e);
    }
  }

  /** Describes the namespace of these runs, for messages. */
  public String description() {
    return allNamespaces ? "any namespace" : "namespace " + server.namespace();
  }

  /** Returns the current runs, sorted by name. */
  public ServerTable table() {
    return server.table(path(), tableQuery());
  }

  /** Returns the resources, without {@code managedFields}. */
  public List<JsonNode> resources() {
    List<JsonNode> resources = new ArrayList<>();
    server.get(path(), query(), ApiServer.JSON).path("items").forEach(resources::add);
    for (JsonNode resource : resources) {
      if (resource.path("metadata") instanceof ObjectNode metadata) {
        metadata.remove("managedFields");
      }
    }
    return resources;
  }

  /**
   * Asks the operator for another try of a run.
   *
   * @param value value of the annotation, which must be a new one
   */
  public void requestRetry(ServerTable.TableRow run, String value) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    patch
        .putObject("metadata")
        .putObject("annotations")
        .put(ProgressiveTraining.RETRY_ANNOTATION, value);
    server.patch(
        GROUP + "/namespaces/" + run.namespace() + PLURAL + "/" + run.name(), patch.toString());
  }

  /**
   * Returns the events of a run, oldest first.
   *
   * @throws UserError if the user is not allowed to read events
   */
  public ServerTable events(ServerTable.TableRow run) {
    ServerTable events =
        server.table(
            "/api/v1/namespaces/" + run.namespace() + "/events",
            Map.of("fieldSelector", "involvedObject.uid=" + run.uid(), "includeObject", "Object"));
    return new ServerTable(
        events.columns(),
        events.rows().stream().sorted(Comparator.comparing(Runs::time)).toList(),
        events.resourceVersion());
  }

  /**
   * Watches the runs, starting at the version of a list.
   *
   * @param window time after which the server ends the watch
   */
  EventStream watch(String resourceVersion, Duration window) {
    Map<String, String> query = tableQuery();
    query.put("watch", "true");
    query.put("resourceVersion", resourceVersion);
    query.put("timeoutSeconds", Long.toString(Math.max(1, window.toSeconds())));
    return server.watch(path(), query, window.plus(WATCH_GRACE));
  }

  @Override
  public void close() {
    server.close();
  }

  private String path() {
    return allNamespaces ? GROUP + PLURAL : GROUP + "/namespaces/" + server.namespace() + PLURAL;
  }

  /**
   * Returns the query; a single run is selected from a list, because only a list has a version to
   * watch from.
   */
  private Map<String, String> query() {
    return name == null ? Map.of() : Map.of("fieldSelector", "metadata.name=" + name);
  }

  private Map<String, String> tableQuery() {
    Map<String, String> query = new HashMap<>(query());
    query.put("includeObject", name == null ? "Metadata" : "Object");
    return query;
  }

  private static String time(ServerTable.TableRow event) {
    String time = event.resource().path("lastTimestamp").asText("");
    return time.isEmpty() || time.equals("null")
        ? event.resource().path("eventTime").asText("")
        : time;
  }
}
