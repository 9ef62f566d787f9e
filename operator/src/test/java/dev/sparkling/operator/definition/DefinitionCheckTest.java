package dev.sparkling.operator.definition;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of an operator whose definition in the cluster is another one. */
@NullUnmarked // every field that is read here is in the definition
class DefinitionCheckTest {

  private static final int FORBIDDEN = 403;
  private static final int UNAVAILABLE = 503;

  private @Nullable CustomResourceDefinition installed = DefinitionCheck.own();
  private int refusal;
  private int looks;
  private final DefinitionCheck check = new DefinitionCheck(this::read);

  @Test
  void theDefinitionThatTheOperatorWasBuiltWithFitsAndIsReadOnce() {
    assertThat(check.problem()).isEmpty();
    assertThat(check.problem()).isEmpty();
    assertThat(looks).isEqualTo(1);
  }

  @Test
  void aNewerDefinitionFits() {
    field("spec").getProperties().put("later", new JSONSchemaProps());
    assertThat(check.problem()).isEmpty();
  }

  @Test
  void anOlderDefinitionIsAProblemUntilItIsMended() {
    field("spec").getProperties().remove("retries");
    stage().remove("expansion");
    assertThat(check.problem())
        .contains(
            "customresourcedefinition progressivetrainings.sparkling.dev: is older than this"
                + " operator and lacks spec.retries, spec.stages[].expansion, which the API server"
                + " drops silently; helm upgrade with crds.enabled=true, or kubectl apply"
                + " --server-side --force-conflicts -f charts/sparkling/files/crds");
    installed = DefinitionCheck.own();
    assertThat(check.problem()).isEmpty();
  }

  @Test
  void theFirstOfManyMissingFieldsAreNamedAndTheRestIsCounted() {
    field("spec").getProperties().clear();
    assertThat(check.problem().orElseThrow()).contains("lacks spec.data,").contains(" and 1 more,");
  }

  @Test
  void aMapThatKeepsNoValuesIsReportedAndOneThatKeepsAnyValueIsNot() {
    JSONSchemaProps resources =
        field("spec").getProperties().get("trainer").getProperties().get("resources");
    resources.getProperties().get("limits").setAdditionalProperties(null);
    assertThat(MissingFields.of(DefinitionCheck.own(), installed))
        .containsExactly("spec.trainer.resources.limits.*");
    resources
        .getProperties()
        .put(
            "limits",
            new JSONSchemaPropsBuilder().withXKubernetesPreserveUnknownFields(true).build());
    assertThat(MissingFields.of(DefinitionCheck.own(), installed)).isEmpty();
  }

  @Test
  void aVersionThatIsNotServedIsMissing() {
    installed.getSpec().getVersions().getFirst().setServed(false);
    assertThat(MissingFields.of(DefinitionCheck.own(), installed))
        .isEqualTo(List.of("version v1alpha1"));
  }

  @Test
  void aMissingDefinitionIsAProblem() {
    installed = null;
    assertThat(check.problem().orElseThrow()).contains("is not installed; helm upgrade");
  }

  @Test
  void anOperatorThatMayNotReadTheDefinitionSkipsTheCheck() {
    refusal = FORBIDDEN;
    assertThat(check.problem()).isEmpty();
    assertThat(check.problem()).isEmpty();
    assertThat(looks).isEqualTo(1);
  }

  @Test
  void theLastResultStandsWhileTheApiServerDoesNotRespond() {
    stage().remove("tokens");
    assertThat(check.problem()).isPresent();
    refusal = UNAVAILABLE;
    assertThat(check.problem()).isPresent();
    refusal = 0;
    installed = DefinitionCheck.own();
    assertThat(check.problem()).isEmpty();
  }

  private @Nullable CustomResourceDefinition read() {
    looks++;
    if (refusal != 0) {
      throw new KubernetesClientException("refused", refusal, null);
    }
    return installed;
  }

  private JSONSchemaProps field(String name) {
    return installed
        .getSpec()
        .getVersions()
        .getFirst()
        .getSchema()
        .getOpenAPIV3Schema()
        .getProperties()
        .get(name);
  }

  private Map<String, JSONSchemaProps> stage() {
    return field("spec").getProperties().get("stages").getItems().getSchema().getProperties();
  }
}
