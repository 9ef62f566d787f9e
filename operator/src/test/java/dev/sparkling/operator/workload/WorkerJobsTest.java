package dev.sparkling.operator.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sparkling.operator.GoldenFolder;
import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.StageSpec;
import dev.sparkling.pipeline.status.HoldStatus;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkerJobsTest {

  private final WorkerJobs jobs =
      new WorkerJobs(
          new WorkerSettings(
              "example.com/sparkling-trainer:0.1.0",
              "example.com/sparkling-expander:0.1.0",
              "IfNotPresent",
              List.of("registry"),
              true,
              604_800),
          () -> "cluster-1");

  static List<GoldenFolder> cases() {
    return GoldenFolder.of(WorkerJobsTest.class);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void jobsAndDocumentsOfAResourceAreThoseOfTheFolder(GoldenFolder folder) {
    ProgressiveTrainingResource run = folder.read("in-run.yaml", ProgressiveTrainingResource.class);
    JsonNode spec = folder.read("in-run.yaml", JsonNode.class).get("spec");
    for (StageSpec stage : run.getSpec().stages()) {
      expect(folder, run, spec, stage.name(), Work.TRAIN);
      if (stage.expansion() != null) {
        expect(folder, run, spec, stage.name(), Work.EXPAND);
      }
    }
    expect(folder, run, spec, "", Work.DELETE);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void checksOfAHeldStageAreThoseOfTheFolder(GoldenFolder folder) {
    ProgressiveTrainingResource run = folder.read("in-run.yaml", ProgressiveTrainingResource.class);
    JsonNode spec = folder.read("in-run.yaml", JsonNode.class).get("spec");
    String stage = run.getSpec().stages().getFirst().name();
    String name = Names.of(run.getMetadata().getName(), stage, Work.CHECK);
    folder.expect(
        "out-" + name + "-job.yaml",
        jobs.check(run, stage, new Check(Work.TRAIN, hold("CredentialsRefused"))));
    folder.expect(
        "out-" + name + "-image-job.yaml",
        jobs.check(run, stage, new Check(Work.TRAIN, hold("ImagePullBackOff"))));
    folder.expect("out-" + name + "-config-map.yaml", jobs.document(run, stage, Work.CHECK, spec));
  }

  private static HoldStatus hold(String reason) {
    return new HoldStatus(reason, "why", 1, TestObjects.START);
  }

  @Test
  void checksOfRepeatedHoldsBeginLaterAndLaterButWithinHalfAnHour() {
    assertThat(
            IntStream.of(1, 2, 3, 4, 9, 100)
                .mapToObj(holds -> Check.begin(hold("StoreFull"), holds))
                .map(
                    begin -> Duration.between(Instant.parse(TestObjects.START), begin).toSeconds()))
        .containsExactly(0L, 20L, 40L, 80L, 1800L, 1800L);
  }

  @Test
  void aCheckUsesTheCredentialsThatAPatchSets() {
    ProgressiveTrainingResource run =
        new KubernetesSerialization()
            .unmarshal(
                """
                metadata: {name: demo, namespace: research, uid: u}
                spec:
                  stages: [{name: narrow, tokens: 1}]
                  trainer: {podPatch: {env: [{name: AWS_ACCESS_KEY_ID, value: mine}]}}
                  storage: {uri: s3://b/r, credentialsSecret: s}
                """,
                ProgressiveTrainingResource.class);
    PodSpec pod =
        jobs.check(run, "narrow", new Check(Work.TRAIN, hold("StoreFull")))
            .getSpec()
            .getTemplate()
            .getSpec();
    Container container = pod.getContainers().getFirst();
    assertThat(container.getArgs()).doesNotContain("--credentials");
    assertThat(container.getEnv()).anyMatch(variable -> "mine".equals(variable.getValue()));
    assertThat(pod.getVolumes()).noneMatch(volume -> volume.getSecret() != null);
  }

  private void expect(
      GoldenFolder folder,
      ProgressiveTrainingResource run,
      JsonNode spec,
      String stage,
      Work work) {
    String name = Names.of(run.getMetadata().getName(), stage, work);
    folder.expect("out-" + name + "-job.yaml", jobs.job(run, stage, work, 0));
    folder.expect("out-" + name + "-config-map.yaml", jobs.document(run, stage, work, spec));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyPodKeepsToTheRestrictedProfileAndHasNoToken(GoldenFolder folder) {
    ProgressiveTrainingResource run = folder.read("in-run.yaml", ProgressiveTrainingResource.class);
    String stage = run.getSpec().stages().getFirst().name();
    PodSpec pod = jobs.job(run, stage, Work.TRAIN, 0).getSpec().getTemplate().getSpec();
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getContainers())
        .allSatisfy(
            container -> {
              assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
              assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
              assertThat(container.getSecurityContext().getCapabilities().getDrop())
                  .containsExactly("ALL");
            });
  }

  @Test
  void aJobThatReplacesFailedOnesHasTheRemainingRetries() {
    ProgressiveTrainingResource run = TestObjects.run();
    Job job = jobs.job(run, "narrow", Work.TRAIN, 2);
    assertThat(job.getMetadata().getAnnotations()).containsEntry(Labels.ATTEMPTS, "2");
    assertThat(job.getSpec().getBackoffLimit()).isEqualTo(run.getSpec().retries() - 2);
    assertThat(jobs.job(run, "narrow", Work.TRAIN, 9).getSpec().getBackoffLimit()).isZero();
  }

  @Test
  void aPodIsKnownByTheNameThatItsJobGaveIt() {
    assertThat(Names.isPodOf("demo-narrow-train-x7k2p", "demo-narrow-train")).isTrue();
    assertThat(Names.isPodOf("demo-narrow-train-x7k2p", "demo-narrow")).isFalse();
    assertThat(Names.isPodOf("demo-narrow-expand-x7k2p", "demo-narrow-train")).isFalse();
    String longest = Names.of("r".repeat(40), "s".repeat(12), Work.EXPAND);
    assertThat(Names.isPodOf(longest.substring(0, 58) + "x7k2p", longest)).isTrue();
  }

  @Test
  void namesOfTheLongestRunAndStageFitALabel() {
    String run = "r".repeat(40);
    String stage = "s".repeat(12);
    assertThat(Names.of(run, stage, Work.EXPAND)).hasSizeLessThanOrEqualTo(63);
  }
}
