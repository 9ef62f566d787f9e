package dev.sparkling.systemtests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/**
 * A ProgressiveTraining in the cluster, as a user sees it.
 *
 * @param snapshot the resource at one moment; empty to read it anew each time
 */
record Run(Cluster cluster, String namespace, String name, Optional<Snapshot> snapshot) {

  /** Generous, because pods of a busy machine take their time. */
  static final Duration PATIENCE = Duration.ofMinutes(6);

  private static final Duration POLL_INTERVAL = Duration.ofMillis(100);

  /** Phases in the order in which a stage passes through them. */
  private static final List<String> ORDER =
      List.of("Pending", "Queued", "Expanding", "Training", "Succeeded");

  private static final List<String> STAGES = List.of("narrow", "wide");

  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("sparkling.dev")
          .withVersion("v1alpha1")
          .withKind("ProgressiveTraining")
          .withPlural("progressivetrainings")
          .withNamespaced(true)
          .build();

  /** What one request returned; empty if the run does not exist. */
  record Snapshot(Optional<GenericKubernetesResource> resource) {}

  Run(Cluster cluster, String namespace, String name) {
    this(cluster, namespace, name, Optional.empty());
  }

  private Run now() {
    return new Run(cluster, namespace, name, Optional.of(read()));
  }

  private Snapshot read() {
    return new Snapshot(Optional.ofNullable(resource().get()));
  }

  private Resource<GenericKubernetesResource> resource() {
    return cluster.client().genericKubernetesResources(KIND).inNamespace(namespace).withName(name);
  }

  boolean exists() {
    return find().isPresent();
  }

  private Optional<GenericKubernetesResource> find() {
    return snapshot.orElseGet(this::read).resource();
  }

  String phase() {
    return text("status", "phase");
  }

  String text(Object... path) {
    return find().map(found -> found.<Object>get(path)).map(Object::toString).orElse("");
  }

  /** A stage's entry in the status; empty before the first pass. */
  Map<String, Object> stage(int index) {
    List<Map<String, Object>> stages =
        find().map(f -> f.<List<Map<String, Object>>>get("status", "stages")).orElse(List.of());
    return stages.size() > index ? stages.get(index) : Map.of();
  }

  /** The newest step; 0 before the first pass. */
  int step() {
    String column = Objects.toString(summary().get("step"), "0/0");
    return Integer.parseInt(column.substring(0, column.indexOf('/')));
  }

  /** The columns of kubectl get; empty before the first pass. */
  Map<String, Object> summary() {
    return find().map(f -> f.<Map<String, Object>>get("status", "summary")).orElse(Map.of());
  }

  String condition(String type, String field) {
    List<Map<String, Object>> conditions =
        find().map(f -> f.<List<Map<String, Object>>>get("status", "conditions")).orElse(List.of());
    return conditions.stream()
        .filter(condition -> type.equals(condition.get("type")))
        .findFirst()
        .map(condition -> Objects.toString(condition.get(field), ""))
        .orElse("");
  }

  /** All pods of the run, those that have ended too. */
  List<Pod> pods() {
    return cluster
        .client()
        .pods()
        .inNamespace(namespace)
        .withLabel("sparkling.dev/run", name)
        .list()
        .getItems();
  }

  /** The pods that have not ended. */
  List<Pod> activePods() {
    return pods().stream()
        .filter(pod -> !List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()))
        .toList();
  }

  static String named(String what, String phase, String stage) {
    return String.join("-", what, phase, stage).toLowerCase(Locale.ROOT);
  }

  /** Waits until the run has reached a phase of a stage; some last for less than a second. */
  void awaitStage(String phase, String stage) {
    int wanted = place(phase, stage);
    awaitThat(
        phase + " " + stage + " or later",
        run -> {
          if (run.phase().equals("Failed")) {
            throw new TerminalFailureException("the run has failed");
          }
          return place(run.phase(), run.text("status", "currentStage")) >= wanted;
        });
  }

  /** The place of a phase in the life of a run of two stages; -1 before the first pass. */
  private static int place(String phase, String stage) {
    int rank = ORDER.indexOf(phase);
    return rank < 0 ? -1 : STAGES.indexOf(stage) * ORDER.size() + rank;
  }

  void awaitPhase(String phase) {
    awaitThat("phase " + phase, run -> run.phase().equals(phase));
  }

  /** Waits until the run is deleted. */
  void awaitGone() {
    awaitThat("gone", run -> !run.exists());
  }

  /** Waits for a condition, which sees the resource at one moment. */
  void awaitThat(String what, Predicate<Run> condition) {
    try {
      await(name + ": " + what)
          .atMost(PATIENCE)
          .pollInterval(POLL_INTERVAL)
          .until(() -> condition.test(now()));
    } catch (ConditionTimeoutException | TerminalFailureException e) {
      throw new AssertionError(e.getMessage() + "\n" + describe(), e);
    }
  }

  /** Everything that the cluster knows of the run: the cluster is deleted after a failed test. */
  private String describe() {
    StringBuilder text = new StringBuilder();
    text.append(kubectl("get", "pt", name, "-o", "yaml"));
    text.append(kubectl("get", "jobs,pods"));
    text.append(kubectl("get", "events", "--sort-by=.lastTimestamp"));
    for (Pod pod : pods()) {
      text.append(kubectl("logs", pod.getMetadata().getName(), "--tail=20", "--prefix"));
    }
    return text.toString();
  }

  /** The output of kubectl, also if it fails. */
  private String kubectl(Object... arguments) {
    List<Object> command = new ArrayList<>(List.of(Cluster.setting("KUBECTL"), "-n", namespace));
    command.addAll(List.of(arguments));
    return cluster.shell().attempt("", command.toArray()).output();
  }

  void patch(String json) {
    cluster.kubectl("-n", namespace, "patch", "pt", name, "--type=merge", "-p", json);
  }

  void delete() {
    cluster.kubectl("-n", namespace, "delete", "pt", name, "--wait=false", "--ignore-not-found");
  }
}
