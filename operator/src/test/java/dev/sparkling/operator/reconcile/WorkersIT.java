package dev.sparkling.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.server.ApiServer;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.operator.workload.WorkerSettings;
import dev.sparkling.pipeline.job.Work;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Launches with what a pass has read, which may be outdated. */
class WorkersIT {

  private final ApiServer server = ApiServer.shared();
  private final String namespace = server.namespace();
  private final KubernetesClient client =
      new KubernetesClientBuilder().withConfig(server.operator()).build();
  private final Workers workers =
      new Workers(
          client,
          new WorkerJobs(
              new WorkerSettings("trainer", "expander", "IfNotPresent", List.of(), false, 600),
              new ClusterId(Optional.empty(), client)));

  @BeforeEach
  void create() {
    GenericKubernetesResource run = TestObjects.written(UnaryOperator.identity());
    run.getMetadata().setNamespace(namespace);
    server.administrator().resource(run).create();
  }

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void aJobThatTheCacheDoesNotShowYetIsNotCreatedAgain() {
    ProgressiveTrainingResource run = read();
    assertThat(workers.launch(run, "narrow", Work.TRAIN, 0)).isTrue();
    assertThat(workers.launch(run, "narrow", Work.TRAIN, 0)).isTrue();
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void aJobThatHasTakenTheNameOfAnotherIsNotDeletedInItsPlace() {
    ProgressiveTrainingResource run = read();
    workers.launch(run, "narrow", Work.TRAIN, 0);
    Job former = jobs().getFirst();
    server.administrator().resource(former).withGracePeriod(0).delete();
    server
        .administrator()
        .resource(former)
        .waitUntilCondition(gone -> gone == null, 10, TimeUnit.SECONDS);
    workers.launch(run, "narrow", Work.TRAIN, 0);
    workers.stop(new WorkerJob(former, List.of(), List.of(), Instant.EPOCH));
    assertThat(jobs())
        .singleElement()
        .satisfies(job -> assertThat(job.getMetadata().getDeletionTimestamp()).isNull());

    workers.stop(new WorkerJob(jobs().getFirst(), List.of(), List.of(), Instant.EPOCH));
    assertThat(jobs())
        .allSatisfy(job -> assertThat(job.getMetadata().getDeletionTimestamp()).isNotNull());
  }

  @Test
  void aJobThatWaitsForALostPodIsRemovedAtOnce() {
    workers.launch(read(), "narrow", Work.TRAIN, 0);
    workers.stop(new WorkerJob(jobs().getFirst(), List.of(), List.of(), Instant.EPOCH));
    WorkerJob terminating = new WorkerJob(jobs().getFirst(), List.of(), List.of(), Instant.EPOCH);
    workers.stop(terminating);
    assertThat(jobs()).as("its pods must be gone first").hasSize(1);
    workers.abandon(terminating);
    assertThat(jobs()).isEmpty();
  }

  @Test
  void aRunThatWasEditedAfterThePassHadReadItIsNotLaunched() {
    ProgressiveTrainingResource run = read();
    server
        .administrator()
        .resource(run)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"retries\": 1}}");
    assertThat(workers.launch(run, "narrow", Work.TRAIN, 0)).isFalse();
    assertThat(jobs()).isEmpty();
    assertThat(workers.launch(read(), "narrow", Work.TRAIN, 0)).isTrue();
  }

  @Test
  void aRunThatWasDeletedAndCreatedAgainIsNotLaunchedAsTheFormerOne() {
    ProgressiveTrainingResource former = read();
    server.administrator().resource(former).delete();
    assertThat(workers.launch(former, "narrow", Work.TRAIN, 0)).isFalse();
    create();
    assertThat(workers.launch(former, "narrow", Work.TRAIN, 0)).isFalse();
    assertThat(jobs()).isEmpty();
  }

  @Test
  void theOwnerOfTheDataIsTheResourceInThisCluster() {
    workers.launch(read(), "narrow", Work.TRAIN, 0);
    String cluster =
        server.administrator().namespaces().withName("kube-system").get().getMetadata().getUid();
    assertThat(
            jobs().getFirst().getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv())
        .filteredOn(variable -> variable.getName().equals("SPARKLING_OWNER"))
        .extracting(EnvVar::getValue)
        .containsExactly(cluster + "/" + namespace + "/demo");
    assertThat(new ClusterId(Optional.of("given"), client).get()).isEqualTo("given");
  }

  private ProgressiveTrainingResource read() {
    return client
        .resources(ProgressiveTrainingResource.class)
        .inNamespace(namespace)
        .withName("demo")
        .require();
  }

  private List<Job> jobs() {
    return server.administrator().batch().v1().jobs().inNamespace(namespace).list().getItems();
  }
}
