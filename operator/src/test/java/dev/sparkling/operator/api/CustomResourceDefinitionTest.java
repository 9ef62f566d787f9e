package dev.sparkling.operator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The committed definitions are what the Java types say. After a change to the types:
 *
 * <pre>mvn -pl pipeline,operator test -Dtest=CustomResourceDefinitionTest -Dgolden.write=true</pre>
 */
class CustomResourceDefinitionTest {

  private static final String FILE = "progressivetrainings.sparkling.dev-v1.yml";

  /** What {@code kubectl apply} can keep in the annotation that it compares with. */
  private static final int LARGEST_BYTES = 262_144;

  private static final List<Path> COPIES =
      List.of(Path.of("../crds", FILE), Path.of("../charts/sparkling/files/crds", FILE));

  private final ObjectNode definition = CustomResourceDefinitions.generate();

  @Test
  void committedDefinitionsAreWhatTheTypesSay() throws IOException {
    String yaml = CustomResourceDefinitions.yaml(definition);
    for (Path copy : COPIES) {
      if (Boolean.getBoolean("golden.write")) {
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, yaml);
      }
      assertThat(copy).hasContent(yaml);
    }
  }

  @Test
  void compactJsonFitsPlainKubectlApply() {
    assertThat(definition.toString().length()).isLessThan(LARGEST_BYTES);
  }

  @Test
  void kubectlExplainSaysSomethingOfEveryField() {
    JsonNode schema = definition.at("/spec/versions/0/schema/openAPIV3Schema");
    assertThat(schema.path("description").asText()).isNotEmpty();
    assertThat(undescribed(schema, "")).isEmpty();
  }

  /** Within {@code podPatch} lie types of Kubernetes, whose own documentation describes them. */
  private static Stream<String> undescribed(JsonNode schema, String path) {
    Stream<String> inside =
        schema
            .path("properties")
            .propertyStream()
            .filter(_ -> !path.matches(".*\\.podPatch\\..*"))
            .flatMap(
                field -> {
                  String below = path + "." + field.getKey();
                  boolean silent = field.getValue().path("description").asText().isBlank();
                  return Stream.concat(
                      silent ? Stream.of(below) : Stream.of(),
                      undescribed(field.getValue(), below));
                });
    return schema.has("items")
        ? Stream.concat(inside, undescribed(schema.get("items"), path + "[]"))
        : inside;
  }

  @Test
  void columnsAreThoseOfTheContract() {
    assertThat(
            definition
                .at("/spec/versions/0/additionalPrinterColumns")
                .valueStream()
                .map(column -> column.get("name").asText()))
        .containsExactly(
            "Phase", "Stage", "Step", "Progress", "Loss", "Tokens/s", "Saved", "ETA", "Age");
  }
}
