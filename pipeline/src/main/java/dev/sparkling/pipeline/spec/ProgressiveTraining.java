package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Map;
import java.util.Objects;

/**
 * The resource as written in a YAML file; in a cluster, Fabric8's custom resource holds the spec.
 */
public record ProgressiveTraining(
    String apiVersion, String kind, Metadata metadata, ProgressiveTrainingSpec spec) {

  public static final String API_VERSION = "sparkling.dev/v1alpha1";
  public static final String KIND = "ProgressiveTraining";

  /**
   * Pattern of the names of runs and stages: an RFC 1123 label, because names in the cluster are
   * made from them.
   */
  public static final String NAME = "[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?";

  /** The pattern of a name with anchors, for a schema, where a pattern may match a substring. */
  public static final String NAME_PATTERN = "^" + NAME + "$";

  /**
   * Largest length of a run's and a stage's name together, so that the names of their objects, such
   * as {@code RUN-STAGE-expand}, are valid labels.
   */
  public static final int LONGEST_NAMES = 52;

  /**
   * Path of a dataset recipe, relative to the YAML file, from which a local run prepares {@code
   * spec.data} if it is missing. Ignored in a cluster.
   */
  public static final String DATASET_RECIPE_ANNOTATION = "sparkling.dev/dataset-recipe";

  /**
   * {@code "true"}: a local run also trains the first stage's model to the end of the token budget,
   * so that the table at its end shows the effect of the expansion. Ignored in a cluster.
   */
  public static final String CONTROL_ANNOTATION = "sparkling.dev/control";

  /**
   * A new value asks the operator for another try of a failed or held run. Ignored by local runs.
   */
  public static final String RETRY_ANNOTATION = "sparkling.dev/retry";

  public ProgressiveTraining {
    apiVersion = Objects.requireNonNullElse(apiVersion, "");
    kind = Objects.requireNonNullElse(kind, "");
    metadata = Objects.requireNonNullElse(metadata, new Metadata("", Map.of()));
    spec = Objects.requireNonNullElse(spec, ProgressiveTrainingSpec.EMPTY);
  }

  /** The Kubernetes object metadata that a local run reads; other fields are ignored. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Metadata(String name, Map<String, String> annotations) {
    public Metadata {
      name = Objects.requireNonNullElse(name, "");
      annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
    }
  }
}
