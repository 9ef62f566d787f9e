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

/** A ProgressiveTraining in the cluster, as a user sees it. */
record Run(Cluster cluster, String namespace, String name) {

  /** Generous: pods of a busy machine take their time. */
  static final Duration PATIENCE = Duration.ofMinutes(6);

  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("sparkling.dev")
          .withVersion("v1alpha1")
          .withKind("ProgressiveTraining")
          .withPlural("progressivetrainings")
          .withNamespaced(true)
          .build();

  Resource<GenericKubernetesResource> resource() {
    return cluster.client().genericKubernetesResources(KIND).inNamespace(namespace).withName(name);
  }

  Optional<GenericKubernetesResource> find() {
    return Optional.ofNullable(resource().get());
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

  /** Of the stage under way; 0 before the first pass. */
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

  /** All of them, those that have ended too. */
  List<Pod> pods() {
    return cluster
        .client()
        .pods()
        .inNamespace(namespace)
        .withLabel("sparkling.dev/run", name)
        .list()
        .getItems();
  }

  /** Those that have not ended. */
  List<Pod> activePods() {
    return pods().stream()
        .filter(pod -> !List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()))
        .toList();
  }

  static String named(String what, String phase, String stage) {
    return String.join("-", what, phase, stage).toLowerCase(Locale.ROOT);
  }

  void awaitStage(String phase, String stage) {
    awaitThat(
        phase + " " + stage,
        now -> now.phase().equals(phase) && now.text("status", "currentStage").equals(stage));
  }

  void awaitPhase(String phase) {
    awaitThat("phase " + phase, run -> run.phase().equals(phase));
  }

  void awaitThat(String what, Predicate<Run> condition) {
    try {
      await(name + ": " + what)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(250))
          .until(() -> condition.test(this));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(e.getMessage() + "\n" + describe(), e);
    }
  }

  /** All that the cluster knows of it: once a test has failed, the cluster goes. */
  private String describe() {
    StringBuilder text = new StringBuilder();
    text.append(ask("get", "pt", name, "-o", "yaml"));
    text.append(ask("get", "jobs,pods"));
    text.append(ask("get", "events", "--sort-by=.lastTimestamp"));
    for (Pod pod : pods()) {
      text.append(ask("logs", pod.getMetadata().getName(), "--tail=20", "--prefix"));
    }
    return text.toString();
  }

  /** What kubectl says, were it that there is no such thing. */
  private String ask(Object... arguments) {
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
