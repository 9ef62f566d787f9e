package dev.sparkling.systemtests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A run of two short stages, each about ten seconds long. */
final class TinyRun {

  static final int STEPS = 240;

  /** A patch with which no node fits. */
  static final String ON_NO_NODE = "trainer: {podPatch: {nodeSelector: {no-node: has-this}}}";

  /** A patch for a single stage of a few seconds. */
  static final String ONE_SHORT_STAGE = "stages: [{name: narrow, tokens: 61440}]";

  /** A patch for a single stage of half a minute, in which a test can act on the trainer. */
  static final String ONE_LONG_STAGE = "stages: [{name: narrow, tokens: 368640}]";

  /** A patch for a first stage of half a minute. */
  static final String LONG_FIRST_STAGE =
      """
      stages:
        - {name: narrow, tokens: 368640}
        - {name: wide, tokens: 122880, expansion: {hiddenSize: 128, rewarmup: {steps: 20}}}
      """;

  /** A patch with which the node has room for several trainers. */
  static final String SMALL_REQUESTS = "trainer: {resources: {requests: {cpu: 100m}}}";

  private static final YAMLMapper YAML = new YAMLMapper();

  /** New each time: a run would resume from the objects of an earlier one. */
  private static final String PREFIX = "system-tests-" + System.currentTimeMillis();

  private TinyRun() {}

  /**
   * Applies the run.
   *
   * @param patches merge patches of the spec, each in YAML such as {@code retries: 0}
   */
  static Run apply(Cluster cluster, String namespace, String name, String... patches) {
    return apply(cluster, namespace, name, Map.of(), patches);
  }

  /** Applies the run with labels. */
  static Run apply(
      Cluster cluster,
      String namespace,
      String name,
      Map<String, String> labels,
      String... patches) {
    ObjectNode resource =
        document(
            """
      apiVersion: sparkling.dev/v1alpha1
      kind: ProgressiveTraining
      metadata: {name: %s}
      spec:
        model: {architecture: dense, vocabularySize: 2048, layers: 2, hiddenSize: 64, innerSize: 64,
          attentionHeads: 4, keyValueHeads: 2, headDim: 16}
        data:
          uri: s3://datasets/java-sources/train
          validationUri: s3://datasets/java-sources/validation
        training:
          sequenceLength: 128
          globalBatchSize: 8
          learningRate: {peak: 4.0e-3}
          checkpoints: {everySteps: 10, keepLast: 2}
          evaluation: {everySteps: 40, sequences: 16}
        stages:
          - {name: narrow, tokens: 122880}
          - {name: wide, tokens: 122880, expansion: {hiddenSize: 128, rewarmup: {steps: 20}}}
        trainer: {threads: 1, resources: {limits: {cpu: 1, memory: 2Gi}}}
        expander: {resources: {limits: {cpu: 1, memory: 1Gi}}}
        storage:
          uri: s3://sparkling/%s/%s/%s
          endpoint: %s
          credentialsSecret: minio-credentials
          caConfigMap: minio-ca
      """
                .formatted(
                    name, PREFIX, namespace, name, Cluster.setting("MINIO_CLUSTER_ENDPOINT")));
    ObjectNode metadata = (ObjectNode) resource.get("metadata");
    labels.forEach(metadata.putObject("labels")::put);
    for (String patch : patches) {
      MergePatch.apply((ObjectNode) resource.get("spec"), document(patch));
    }
    Shell.Ended ended =
        cluster
            .shell()
            .attempt(
                resource.toString(),
                Cluster.setting("KUBECTL"),
                "-n",
                namespace,
                "apply",
                "-f",
                "-");
    if (ended.exitCode() != 0) {
      throw new AssertionError(ended.output());
    }
    return new Run(cluster, namespace, name);
  }

  private static ObjectNode document(String yaml) {
    try {
      return (ObjectNode) YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new AssertionError(yaml, e);
    }
  }

  /** The keys of a run's objects, as the object store lists them. */
  static List<String> objects(Cluster cluster, Run run) {
    String list =
        get(
            cluster,
            "sparkling?list-type=2&prefix=%s%%2F%s%%2F%s%%2F"
                .formatted(PREFIX, run.namespace(), run.name()));
    return Pattern.compile("<Key>([^<]+)</Key>")
        .matcher(list)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** The content of an object. */
  static String object(Cluster cluster, String key) {
    return get(cluster, "sparkling/" + key);
  }

  private static String get(Cluster cluster, String path) {
    return cluster
        .shell()
        .run(
            "curl",
            "--silent",
            "--show-error",
            "--fail",
            "--cacert",
            Cluster.setting("MINIO_CA"),
            "--aws-sigv4",
            "aws:amz:us-east-1:s3",
            "--user",
            Cluster.setting("MINIO_ACCESS_KEY") + ":" + Cluster.setting("MINIO_SECRET_KEY"),
            Cluster.setting("MINIO_ENDPOINT") + "/" + path);
  }
}
