package dev.sparkling.systemtests;

import java.util.List;
import java.util.regex.Pattern;

/** A run of two short stages, each some ten seconds long. */
final class TinyRun {

  static final int STEPS = 240;

  /** Each time anew: what an earlier time left would be found and taken up. */
  private static final String PREFIX = "system-tests-" + System.currentTimeMillis();

  private TinyRun() {}

  /**
   * Applies it.
   *
   * @param more lines of the spec, such as {@code retries: 0}
   */
  static Run apply(Cluster cluster, String namespace, String name, String... more) {
    StringBuilder yaml =
        new StringBuilder(
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
    for (String line : more) {
      yaml.append("  ").append(line).append('\n');
    }
    Shell.Ended ended =
        cluster
            .shell()
            .attempt(
                yaml.toString(), Cluster.setting("KUBECTL"), "-n", namespace, "apply", "-f", "-");
    if (ended.exitCode() != 0) {
      throw new AssertionError(ended.output());
    }
    return new Run(cluster, namespace, name);
  }

  /** The keys that a run has stored, as the object store lists them. */
  static List<String> objects(Cluster cluster, Run run) {
    String list =
        cluster
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
                "%s/sparkling?list-type=2&prefix=%s/%s/%s/"
                    .formatted(
                        Cluster.setting("MINIO_ENDPOINT"), PREFIX, run.namespace(), run.name()));
    return Pattern.compile("<Key>([^<]+)</Key>")
        .matcher(list)
        .results()
        .map(match -> match.group(1))
        .toList();
  }
}
