package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * A preemption is one disruption. Jobs and pods are watched apart, and a pass may see any pair of
 * their states: every interleaving of the two sequences of states is tried, each with every choice
 * of passes that saw nothing of it, and each state is observed twice.
 */
@NullUnmarked // a pass sets the fields that are read here
class PreemptionOrderTest extends RunPasses {

  private static final String FIRST = "demo-narrow-train-aaaaa";
  private static final String SECOND = "demo-narrow-train-bbbbb";

  private static final Job RUNNING = job(1, 0);
  private static final Job RESUMED = job(1, 0);

  @Test
  void kueueSuspendsTheJobAndThePodIsDeleted() {
    isOneDisruption(
        List.of(RUNNING, suspended(job(1, 0)), suspended(job(0, 1)), suspended(job(0, 0)), RESUMED),
        List.of(
            List.of(running(FIRST)),
            List.of(terminating(running(FIRST))),
            List.of(terminating(stopped(FIRST))),
            List.of(),
            List.of(running(SECOND))));
  }

  @Test
  void kueueSuspendsTheJobOfAPodThatTheSchedulerPreempts() {
    isOneDisruption(
        List.of(RUNNING, suspended(job(0, 1)), suspended(job(0, 0)), RESUMED),
        List.of(
            List.of(running(FIRST)),
            List.of(target(terminating(running(FIRST)))),
            List.of(target(terminating(killed(FIRST)))),
            List.of(),
            List.of(running(SECOND))));
  }

  @Test
  void aPodIsEvictedAndItsFailedPodStays() {
    isOneDisruption(
        List.of(RUNNING, job(0, 1), RESUMED),
        List.of(
            List.of(running(FIRST)),
            List.of(target(running(FIRST))),
            List.of(target(killed(FIRST))),
            List.of(target(killed(FIRST)), running(SECOND))));
  }

  @Test
  void aPodIsDeletedByForce() {
    isOneDisruption(
        List.of(RUNNING, job(0, 0), RESUMED),
        List.of(List.of(running(FIRST)), List.of(), List.of(running(SECOND))));
  }

  /** The first pass sees the first states, the last one the last. */
  private void isOneDisruption(List<Job> jobs, List<List<Pod>> pods) {
    int tried = 0;
    for (List<RunJobs> sequence : interleavings(jobs, pods)) {
      int choices = 1 << (sequence.size() - 2);
      for (int seen = 0; seen < choices; seen++) {
        status = null;
        for (int i = 0; i < sequence.size(); i++) {
          boolean observed = i == 0 || i == sequence.size() - 1 || (seen & 1 << (i - 1)) != 0;
          if (observed) {
            pass(sequence.get(i));
            pass(sequence.get(i));
            assertThat(stage(0).counts().disruptions()).isLessThanOrEqualTo(1);
          }
        }
        assertThat(stage(0).counts()).as("%s", sequence).isEqualTo(new AttemptCounts(0, 1, 1, 0));
        assertThat(stage(0).worker().pod()).isEqualTo(SECOND);
        tried++;
      }
    }
    assertThat(tried).isGreaterThan(10);
  }

  /** Each sequence keeps its order. */
  private static List<List<RunJobs>> interleavings(List<Job> jobs, List<List<Pod>> pods) {
    List<List<RunJobs>> all = new ArrayList<>();
    interleave(jobs, pods, List.of(), all);
    return all;
  }

  private static void interleave(
      List<Job> jobs, List<List<Pod>> pods, List<RunJobs> before, List<List<RunJobs>> all) {
    List<RunJobs> sequence = new ArrayList<>(before);
    sequence.add(new RunJobs(List.of(jobs.getFirst()), pods.getFirst(), Instant.EPOCH));
    if (jobs.size() == 1 && pods.size() == 1) {
      all.add(sequence);
    }
    if (jobs.size() > 1) {
      interleave(jobs.subList(1, jobs.size()), pods, sequence, all);
    }
    if (pods.size() > 1) {
      interleave(jobs, pods.subList(1, pods.size()), sequence, all);
    }
  }

  private static Job job(int active, int terminating) {
    return new JobBuilder(TestObjects.job("narrow", Work.TRAIN))
        .editStatus()
        .withActive(active)
        .withTerminating(terminating)
        .endStatus()
        .build();
  }

  private static Job suspended(Job job) {
    return TestObjects.suspended(job);
  }

  private static Pod running(String name) {
    return pod(name, TestObjects.running());
  }

  private static Pod stopped(String name) {
    return pod(name, TestObjects.terminated(143, "Error", null));
  }

  private static Pod killed(String name) {
    return pod(name, TestObjects.terminated(137, "Error", null));
  }

  private static Pod pod(String name, ContainerState state) {
    return new PodBuilder(TestObjects.pod(RUNNING, name, state))
        .editMetadata()
        .withCreationTimestamp(name.equals(FIRST) ? TestObjects.START : "2026-01-01T00:10:00Z")
        .endMetadata()
        .build();
  }

  private static Pod terminating(Pod pod) {
    return new PodBuilder(pod)
        .editMetadata()
        .withDeletionTimestamp(TestObjects.END)
        .endMetadata()
        .build();
  }

  private static Pod target(Pod pod) {
    return new PodBuilder(pod)
        .editStatus()
        .addNewCondition()
        .withType("DisruptionTarget")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }
}
