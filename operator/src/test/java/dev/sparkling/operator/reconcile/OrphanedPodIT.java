package dev.sparkling.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pods whose job somebody has deleted. */
class OrphanedPodIT {

  private static final String NARROW = "demo-narrow-train";

  private final RunningOperator cluster = new RunningOperator();

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void theNextWorkerStartsOnlyOnceThePodOfADeletedJobIsGone() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    Pod pod = cluster.startPod(job, "aaaaa", TestObjects.running());
    cluster.awaitReason("Training");

    cluster.job(NARROW).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
    cluster.patch("{\"spec\": {\"retries\": 5}}");
    cluster.awaitRun(
        "a pass after the edit",
        run -> run.getMetadata().getGeneration().equals(run.getStatus().observedGeneration()));
    assertThat(cluster.job(NARROW).get()).isNull();

    cluster.deletePod(pod.getMetadata().getName());
    Job next = cluster.awaitJob(NARROW);
    assertThat(next.getMetadata().getUid()).isNotEqualTo(job.getMetadata().getUid());
  }
}
