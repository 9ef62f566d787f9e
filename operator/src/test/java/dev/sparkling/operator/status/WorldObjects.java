package dev.sparkling.operator.status;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.status.World.SimJob;
import dev.sparkling.operator.status.World.SimPod;
import dev.sparkling.operator.workload.Labels;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The jobs and pods of a {@link World} as Kubernetes objects. */
final class WorldObjects {

  /** Objects are built once, because that takes longer than a pass. */
  private static final Map<SimJob, Job> JOBS = new ConcurrentHashMap<>();

  private static final Map<SimPod, Pod> PODS = new ConcurrentHashMap<>();

  private WorldObjects() {}

  static Job job(SimJob job) {
    return JOBS.computeIfAbsent(job, WorldObjects::build);
  }

  static Pod pod(SimPod pod) {
    return PODS.computeIfAbsent(pod, WorldObjects::build);
  }

  private static Job build(SimJob job) {
    Job made =
        switch (job.launch()) {
          case Action.Launch launch -> TestObjects.job(launch.stage(), launch.work());
          case Action.LaunchCheck check -> TestObjects.check(check.stage(), check.check());
          case Action.Stop _, Action.Abandon _ -> throw new IllegalStateException();
        };
    Job named =
        new JobBuilder(made)
            .editMetadata()
            .withUid(Integer.toString(job.uid()))
            .endMetadata()
            .build();
    if (job.launch() instanceof Action.Launch launch && launch.attempts() > 0) {
      named
          .getMetadata()
          .setAnnotations(Map.of(Labels.ATTEMPTS, Integer.toString(launch.attempts())));
    }
    if (job.deleting()) {
      named.getMetadata().setDeletionTimestamp(TestObjects.END);
    }
    named.getStatus().setFailed(job.failures());
    return job.complete()
        ? TestObjects.complete(named)
        : job.failed() ? TestObjects.failed(named, job.failures(), "BackoffLimitExceeded") : named;
  }

  private static Pod build(SimPod pod) {
    Job job = job(pod.job());
    String name = job.getMetadata().getName() + "-%05d".formatted(pod.uid());
    Pod made = TestObjects.pod(job, name, state(pod));
    return new PodBuilder(made)
        .editMetadata()
        .withCreationTimestamp("2026-01-01T00:%02d:%02dZ".formatted(pod.uid() / 60, pod.uid() % 60))
        .endMetadata()
        .build();
  }

  private static ContainerState state(SimPod pod) {
    return switch (pod.state()) {
      case RUNNING, LOST -> TestObjects.running();
      case SUCCEEDED -> TestObjects.terminated(0, "Completed", "");
      case FAILED ->
          TestObjects.terminated(
              pod.exitCode(),
              "Error",
              "{\"outcome\": \"failed\", \"reason\": \"%s\", \"message\": \"why\"}"
                  .formatted(pod.reason()));
    };
  }
}
