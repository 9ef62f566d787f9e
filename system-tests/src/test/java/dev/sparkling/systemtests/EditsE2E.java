package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Edits of a run that has started. */
class EditsE2E {

  private static final String NAMESPACE = "edits";

  private final Cluster cluster = new Cluster();

  @BeforeEach
  void open() {
    cluster.namespace(NAMESPACE);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void whatARunHasUsedCannotBeEdited() {
    Run run = TinyRun.apply(cluster, NAMESPACE, "used");
    run.awaitStage("Training", "narrow");
    refused(run, "/spec/stages/0/tokens", "1", "spec.stages: a stage that has started cannot be");
    refused(
        run, "/spec/stages/0/name", "\"other\"", "spec.stages: a stage that has started cannot");
    refused(run, "/spec/stages/1/tokens", "245760", "spec.stages: their total tokens cannot be");
    refused(
        run, "/spec/model/layers", "3", "spec.model: cannot be edited once a stage has started");
    refused(run, "/spec/data/uri", "\"s3://datasets/b\"", "spec.data: cannot be edited once");
    refused(run, "/spec/storage/uri", "\"s3://sparkling/b\"", "spec.storage.uri: cannot be edited");
    refused(run, "/spec/training/sequenceLength", "64", "spec.training.sequenceLength: cannot be");
    refused(
        run, "/spec/training/gradientClipping", "0.5", "spec.training.gradientClipping: cannot");
    run.delete();
  }

  /** The API server accepts the edit, which is not available in this version. */
  @Test
  void anInvalidEditIsReportedAndTheRunContinuesWhenItIsFixed() {
    // Given
    Run run = TinyRun.apply(cluster, NAMESPACE, "fixed", TinyRun.ONE_LONG_STAGE);
    run.awaitStage("Training", "narrow");

    // When
    run.patch("{\"spec\": {\"trainer\": {\"nodes\": 2}}}");

    // Then
    run.awaitThat(
        "InvalidInput", now -> "InvalidInput".equals(now.condition("Progressing", "reason")));
    assertThat(run.condition("Progressing", "message"))
        .isEqualTo(
            "spec.trainer.nodes: 2 nodes are not available in this version; allowed: 1; no new"
                + " worker starts until this is fixed");
    assertThat(run.phase()).isEqualTo("Training");
    assertThat(run.activePods()).hasSize(1);

    // When
    run.patch("{\"spec\": {\"trainer\": {\"nodes\": 1}}}");

    // Then
    run.awaitPhase("Succeeded");
    run.delete();
  }

  private void refused(Run run, String path, String value, String message) {
    Shell.Ended ended =
        cluster
            .shell()
            .attempt(
                "",
                Cluster.setting("KUBECTL"),
                "-n",
                NAMESPACE,
                "patch",
                "pt",
                run.name(),
                "--type=json",
                "-p",
                "[{\"op\": \"add\", \"path\": \"%s\", \"value\": %s}]".formatted(path, value));
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output()).contains(message);
  }
}
