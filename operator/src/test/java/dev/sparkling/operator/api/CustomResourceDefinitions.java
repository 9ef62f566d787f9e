package dev.sparkling.operator.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.pipeline.status.StageStatus;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Generates the CustomResourceDefinition from the Java types, as YAML and as compact JSON. */
final class CustomResourceDefinitions {

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .build();

  private static final String SCHEMA = "/spec/versions/0/schema/openAPIV3Schema";

  private CustomResourceDefinitions() {}

  /** Lends {@link PodPatch} a schema of its own. */
  @Group("generated.sparkling.dev")
  @Version("v1")
  static final class PodPatchCarrier extends CustomResource<PodPatch, Void> {
    private static final long serialVersionUID = 1L;
  }

  static ObjectNode generate() {
    ObjectNode definition = generate(ProgressiveTrainingResource.class);
    JsonNode patch = generate(PodPatchCarrier.class).at(SCHEMA + "/properties/spec");
    ObjectNode spec = (ObjectNode) definition.at(SCHEMA + "/properties/spec/properties");
    for (String worker : List.of("trainer", "expander")) {
      ObjectNode fields = (ObjectNode) spec.at("/" + worker + "/properties");
      fields.set(
          "podPatch",
          ((ObjectNode) patch.deepCopy()).set("description", fields.at("/podPatch/description")));
      quantities((ObjectNode) fields.get("resources"));
    }
    quantities((ObjectNode) spec.at("/stages/items/properties/trainer/properties/resources"));
    conditions((ObjectNode) definition.at(SCHEMA + "/properties/status/properties/conditions"));
    unwrap(
        (ObjectNode)
            definition.at(SCHEMA + "/properties/status/properties/stages/items/properties"),
        StageStatus.class);
    ObjectNode root = (ObjectNode) definition.at(SCHEMA);
    root.putArray("required").add("spec");
    EditRules.addTo(root.withArray("x-kubernetes-validations"));
    describe(definition);
    columns((ObjectNode) definition.at("/spec/versions/0"));
    return definition;
  }

  /** What the fields of Kubernetes' own class are; all others are described where they are. */
  private static void describe(ObjectNode definition) {
    Map.of(
            "",
            "ProgressiveTraining is a training run that starts with a narrow language model and widens it between stages.",
            "/properties/spec",
            "Specification of the desired run.",
            "/properties/status",
            "Most recently observed status of the run.")
        .forEach(
            (path, sentence) ->
                ((ObjectNode) definition.at(SCHEMA + path)).put("description", sentence));
  }

  /** Puts the fields of groups beside the others, as JSON has them; the generator nests them. */
  private static void unwrap(ObjectNode properties, Class<? extends Record> type) {
    SortedMap<String, JsonNode> fields = new TreeMap<>();
    properties.propertyStream().forEach(field -> fields.put(field.getKey(), field.getValue()));
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.getAccessor().isAnnotationPresent(JsonUnwrapped.class)) {
        Objects.requireNonNull(fields.remove(component.getName()), component.getName())
            .path("properties")
            .propertyStream()
            .forEach(field -> fields.put(field.getKey(), field.getValue()));
      }
    }
    properties.removeAll();
    fields.forEach(properties::set);
  }

  /** In the order of the annotations, where the generator sorts them. */
  private static void columns(ObjectNode version) {
    ArrayNode generated = (ArrayNode) version.get("additionalPrinterColumns");
    ArrayNode ordered = version.arrayNode();
    for (AdditionalPrinterColumn column :
        ProgressiveTrainingResource.class.getAnnotationsByType(AdditionalPrinterColumn.class)) {
      generated.forEach(
          candidate -> {
            if (candidate.get("name").asText().equals(column.name())) {
              ordered.add(candidate);
            }
          });
    }
    version.set("additionalPrinterColumns", ordered);
  }

  static String yaml(JsonNode definition) {
    try {
      return YAML.writeValueAsString(definition);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code cpu: 2} and {@code memory: 2Gi} alike. */
  private static void quantities(ObjectNode resources) {
    for (String kind : List.of("limits", "requests")) {
      ObjectNode amounts = (ObjectNode) resources.at("/properties/" + kind);
      amounts.put("maxProperties", 16);
      ObjectNode amount = amounts.putObject("additionalProperties");
      ArrayNode types = amount.putArray("anyOf");
      types.addObject().put("type", "integer");
      types.addObject().put("type", "string");
      amount.put(
          "pattern",
          "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?[0-9]+))?$");
      amount.put("maxLength", 64);
      amount.put("x-kubernetes-int-or-string", true);
    }
  }

  private static void conditions(ObjectNode conditions) {
    conditions.put("x-kubernetes-list-type", "map");
    conditions.putArray("x-kubernetes-list-map-keys").add("type");
    ((ObjectNode) conditions.get("items")).putArray("required").add("type").add("status");
  }

  private static ObjectNode generate(Class<? extends CustomResource<?, ?>> type) {
    try {
      Path folder = Files.createTempDirectory("crd");
      new CRDGenerator()
          .customResourceClasses(type)
          .forCRDVersions("v1")
          .inOutputDir(folder.toFile())
          .generate();
      try (Stream<Path> files = Files.list(folder)) {
        Path file = files.findFirst().orElseThrow();
        ObjectNode definition = (ObjectNode) YAML.readTree(file.toFile());
        Files.delete(file);
        Files.delete(folder);
        return definition;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
