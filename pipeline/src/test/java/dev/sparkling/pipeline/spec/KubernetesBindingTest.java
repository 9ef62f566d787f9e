package dev.sparkling.pipeline.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.validation.SpecReader;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One YAML file is one resource, here and in Kubernetes. */
class KubernetesBindingTest {

  /** What the operator will register; only this test's compiler sees Fabric8. */
  @Group("sparkling.dev")
  @Version("v1alpha1")
  @Kind(ProgressiveTraining.KIND)
  static final class Resource
      extends CustomResource<ProgressiveTrainingSpec, ProgressiveTrainingStatus> {
    private static final long serialVersionUID = 1L;
  }

  private final KubernetesSerialization kubernetes = new KubernetesSerialization();

  @Test
  void fullResourceBindsToTheSameSpecHereAndInKubernetes() {
    String yaml = resource("/full.yaml");
    assertThat(kubernetes.unmarshal(yaml, Resource.class).getSpec())
        .isEqualTo(SpecReader.read(withoutStatus(yaml), "full.yaml").spec());
  }

  @Test
  void leastResourceTakesTheSameDefaultsHereAndInKubernetes() {
    assertThat(kubernetes.unmarshal(TestSpecs.MINIMAL, Resource.class).getSpec())
        .isEqualTo(TestSpecs.minimal().spec());
  }

  @Test
  void specSurvivesTheRoundTripThroughKubernetesJson() {
    ProgressiveTrainingSpec spec =
        SpecReader.read(withoutStatus(resource("/full.yaml")), "").spec();
    String json = kubernetes.asJson(spec);
    assertThat(kubernetes.unmarshal(json, ProgressiveTrainingSpec.class)).isEqualTo(spec);
    assertThat(json).contains("\"copy-copy\"", "\"asymmetric\"", "\"adamw\"", "\"Retain\"");
  }

  @Test
  void statusBindsAndSurvivesTheRoundTrip() {
    ProgressiveTrainingStatus status =
        kubernetes.unmarshal(resource("/full.yaml"), Resource.class).getStatus();
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(status.stages().getFirst().state()).isEqualTo(StageState.TRAINING);
    assertThat(status.stages().getFirst().expansion()).isNotNull();
    assertThat(kubernetes.unmarshal(kubernetes.asJson(status), ProgressiveTrainingStatus.class))
        .isEqualTo(status);
  }

  @Test
  void generatesACustomResourceDefinitionWithTheNamesOfTheContract(@TempDir Path folder)
      throws IOException {
    new CRDGenerator()
        .customResourceClasses(Resource.class)
        .forCRDVersions("v1")
        .inOutputDir(folder.toFile())
        .generate();
    Path file;
    try (var files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    JsonNode schema =
        new YAMLMapper()
            .readTree(file.toFile())
            .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    JsonNode expansion = schema.at("/stages/items/properties/expansion/properties");
    assertThat(expansion.at("/initialization/enum").valueStream().map(JsonNode::asText))
        .containsExactlyInAnyOrder(
            "copy-copy",
            "zero-copy",
            "random-copy",
            "random-zero",
            "random-random",
            "naive",
            "uneven",
            "perturb",
            "signal-to-noise");
    assertThat(schema.at("/training/properties/learningRate/properties/peak/type").asText())
        .isEqualTo("number");
    assertThat(schema.at("/stages/items/properties/tokens/type").asText()).isEqualTo("integer");
  }

  /** A user's file has no status: it is the cluster's to write. */
  private static String withoutStatus(String yaml) {
    return yaml.substring(0, yaml.indexOf("\nstatus:"));
  }

  private static String resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(KubernetesBindingTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
