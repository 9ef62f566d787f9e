package dev.sparkling.operator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.operator.server.ApiServer;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StageSpec;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A run has trained its first stage and is training its second one. Every field below its spec is
 * edited, one at a time: the API server must refuse exactly what the run's identity cannot take.
 */
class EditRulesIT {

  private static final Path FOLDER = Path.of("src/test/resources/EditRulesIT");
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
  private static final int LAST_USED_STAGE = 1;

  private final KubernetesClient client = ApiServer.shared().administrator();
  private final String namespace = ApiServer.shared().namespace();
  private final ObjectNode used = read("used.yaml");
  private final ObjectNode edited = read("edited.yaml");

  @BeforeEach
  void create() {
    resource(used).create();
    ObjectNode begun = used.deepCopy();
    begun
        .putObject("status")
        .putArray("stages")
        .add(YAML.createObjectNode().put("name", "narrow").put("state", "Succeeded"))
        .add(YAML.createObjectNode().put("name", "middle").put("state", "Training"))
        .add(YAML.createObjectNode().put("name", "wide").put("state", "Pending"));
    resource(begun).subresource("status").patch();
  }

  @Test
  void everyFieldOfTheSchemaIsEdited() {
    List<JsonPointer> paths = fields();
    assertThat(paths).hasSizeGreaterThan(70);
    assertThat(paths)
        .allSatisfy(
            path -> {
              assertThat(used.at(path).isMissingNode()).as("used.yaml %s", path).isFalse();
              assertThat(edited.at(path)).as("%s", path).isNotEqualTo(used.at(path));
            });
  }

  @Test
  void exactlyTheEditsThatTheIdentityCannotTakeAreRefusedByTheNameOfTheirField() {
    List<String> wrong = new ArrayList<>();
    for (JsonPointer path : fields()) {
      ObjectNode after = used.deepCopy();
      ((ObjectNode) after.at(path.head())).set(path.last().getMatchingProperty(), edited.at(path));
      check(path, after).ifPresent(wrong::add);
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void leavingOutAFieldIsAnEditToo() {
    List<String> wrong = new ArrayList<>();
    for (String field : List.of("gradientClipping", "balancing", "documentMasking", "seed")) {
      ObjectNode after = used.deepCopy();
      JsonPointer path = JsonPointer.compile("/spec/training/" + field);
      ((ObjectNode) after.at(path.head())).remove(field);
      String refusal = refusal(after);
      if (!refusal.contains("spec.training." + field + ": cannot be edited")) {
        wrong.add(field + ": " + refusal);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aStageThatHasBegunCannotBeRemovedAndALaterOneCanBeSplit() {
    ObjectNode shorter = used.deepCopy();
    ((ArrayNode) shorter.at("/spec/stages")).remove(1);
    assertThat(refusal(shorter)).contains("spec.stages: a stage that has started cannot be edited");

    ObjectNode split = used.deepCopy();
    ObjectNode wide = (ObjectNode) split.at("/spec/stages/2");
    wide.put("tokens", 204_800);
    ((ArrayNode) split.at("/spec/stages")).add(wide.deepCopy().put("name", "wider"));
    assertThat(refusal(split)).isEmpty();
  }

  private Optional<String> check(JsonPointer path, ObjectNode after) {
    String field = path.toString().substring(1).replaceAll("/([0-9]+)", "[$1]").replace('/', '.');
    boolean expected = !identity(used).equals(identity(after));
    String refusal = refusal(after);
    if (!expected) {
      return refusal.isEmpty() ? Optional.empty() : Optional.of(field + " is refused: " + refusal);
    }
    return rulesThatCover(field).anyMatch(rule -> refusal.contains(rule + ": "))
        ? Optional.empty()
        : Optional.of(field + " is not refused by name: " + refusal);
  }

  /** The names under which a rule may refuse an edit of the field: its own and its parents'. */
  private static Stream<String> rulesThatCover(String field) {
    return Stream.iterate(
            field, path -> path.contains("."), path -> path.replaceAll("\\.[^.]+$", ""))
        .map(path -> path.replaceAll("\\[[0-9]]", ""));
  }

  /** What a checkpoint of the run is compared with, and where it is. */
  private static List<Object> identity(ObjectNode run) {
    ProgressiveTrainingSpec spec =
        KUBERNETES.unmarshal(run.toString(), ProgressiveTrainingResource.class).getSpec();
    List<Object> identity = new ArrayList<>();
    identity.add(RunSettings.of(spec, RunPlan.of(spec), LAST_USED_STAGE));
    identity.add(spec.training().seed());
    identity.add(spec.data());
    identity.add(spec.storage().uri());
    spec.stages().subList(0, LAST_USED_STAGE + 1).stream()
        .map(StageSpec::expansion)
        .map(Optional::ofNullable)
        .forEach(identity::add);
    return identity;
  }

  /** The message of the API server; empty if it accepts the edit. */
  private String refusal(ObjectNode after) {
    try {
      resource(after).dryRun(true).update();
      return "";
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private NamespaceableResource<GenericKubernetesResource> resource(ObjectNode run) {
    ObjectNode placed = run.deepCopy();
    ((ObjectNode) placed.get("metadata")).put("namespace", namespace);
    return client.resource(
        KUBERNETES.unmarshal(placed.toString(), GenericKubernetesResource.class));
  }

  /** All fields below the spec; the pod patch is one, whatever is in it. */
  private static List<JsonPointer> fields() {
    JsonNode spec =
        CustomResourceDefinitions.generate()
            .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    return fields(spec, JsonPointer.compile("/spec")).toList();
  }

  private static Stream<JsonPointer> fields(JsonNode schema, JsonPointer path) {
    if (schema.at("/items").has("properties")) {
      return Stream.of(0, 1, 2)
          .flatMap(i -> fields(schema.get("items"), path.appendIndex(i)))
          .filter(field -> !field.toString().startsWith("/spec/stages/0/expansion"));
    }
    if (!schema.has("properties") || path.toString().endsWith("/podPatch")) {
      return Stream.of(path);
    }
    return schema.get("properties").properties().stream()
        .flatMap(field -> fields(field.getValue(), path.appendProperty(field.getKey())));
  }

  private static ObjectNode read(String name) {
    try {
      return (ObjectNode) YAML.readTree(FOLDER.resolve(name).toFile());
    } catch (JsonProcessingException e) {
      throw new AssertionError(name, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
