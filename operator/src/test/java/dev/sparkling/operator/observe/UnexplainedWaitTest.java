package dev.sparkling.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.observe.WorkerPodState.Waiting;
import dev.sparkling.pipeline.job.Work;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Waits that neither the job nor its pod explains, and the events that explain them. */
class UnexplainedWaitTest {

  private static final String START = TestObjects.START;
  private static final String MISSING =
      "MountVolume.SetUp failed for volume \"ca\" : configmap \"minio-ca\" not found";

  private final Job job = TestObjects.job("narrow", Work.TRAIN);
  private final Pod creating = TestObjects.creating(job);

  @Test
  void aPodThatWaitsForItsVolumesWaitsSinceItWasScheduled() {
    assertThat(unexplainedWait(job, creating))
        .contains(UnexplainedWait.of(creating, Instant.parse(START)));
  }

  @Test
  void aJobWithoutAPodWaitsSinceItStarted() {
    assertThat(unexplainedWait(job)).contains(UnexplainedWait.of(job, Instant.parse(START)));
  }

  @Test
  void aJobWhosePodHasEndedWaitsForTheNextOneSinceThen() {
    ContainerState end = TestObjects.terminated(4, "Error", null);
    end.getTerminated().setFinishedAt(TestObjects.END);
    assertThat(unexplainedWait(job, TestObjects.pod(job, "p", end)))
        .contains(UnexplainedWait.of(job, Instant.parse(TestObjects.END)));
  }

  @Test
  void noEventsAreNeededForAWorkerThatIsFineOrExplainsItsOwnWait() {
    assertThat(unexplainedWait(job, TestObjects.pod(job, "p", TestObjects.running()))).isEmpty();
    assertThat(unexplainedWait(job, TestObjects.unschedulable(job, "no GPU"))).isEmpty();
    assertThat(unexplainedWait(TestObjects.suspended(job))).isEmpty();
    assertThat(unexplainedWait(TestObjects.complete(job))).isEmpty();
    assertThat(unexplainedWait(TestObjects.failed(job, 4, "BackoffLimitExceeded"))).isEmpty();
  }

  @Test
  void aPodThatPullsItsImageNeedsNoExplanationHoweverLongItTakes() {
    Pod pulling =
        new PodBuilder(creating)
            .editStatus()
            .addNewCondition()
            .withType("PodReadyToStartContainers")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build();
    assertThat(unexplainedWait(job, pulling)).isEmpty();
  }

  @Test
  void theFirstOfTwoWarningsIsShownSoThatTheStatusDoesNotChangeWithEveryRetry() {
    Event later = at(warning(creating, "FailedMount", "Unable to attach or mount"), 130, 130);
    Event first = at(warning(creating, "FailedMount", MISSING), 1, 250);
    Event thirteenth = at(warning(creating, "FailedMount", MISSING), 1, 372);
    assertThat(blocked(creating, later, first)).contains(new Waiting("FailedMount", MISSING));
    assertThat(blocked(creating, later, thirteenth)).isEqualTo(blocked(creating, later, first));
  }

  @Test
  void aRefusedPodIsNamedWithoutItsRandomCharacters() {
    String name = job.getMetadata().getName();
    String refusal = " is forbidden: exceeded quota: none, requested: pods=1, limited:\n pods=0";
    Event event =
        warning(
            job,
            "FailedCreate",
            "(combined from similar events): Error creating: pods \""
                + name
                + "-x7k2p\""
                + refusal);
    assertThat(new WorkerJob(job, List.of(), List.of(event), Instant.EPOCH).blocked())
        .contains(
            new Waiting(
                "FailedCreate",
                "Error creating: pods \"%s\" is forbidden: exceeded quota: none, requested: pods=1, limited: pods=0"
                    .formatted(name)));
  }

  @Test
  void warningsAboutOtherObjectsOrFromBeforeTheWaitExplainNothing() {
    assertThat(blocked(creating, warning(creating, "FailedScheduling", "no node"))).isEmpty();
    assertThat(blocked(creating, warning(job, "FailedMount", MISSING))).isEmpty();
    assertThat(blocked(creating, at(warning(creating, "FailedMount", MISSING), -60, -60)))
        .isEmpty();
    assertThat(blocked(creating)).isEmpty();
  }

  @Test
  void thePodsOwnReasonTakesPrecedenceOverEvents() {
    Pod pod = TestObjects.pod(job, "p", TestObjects.waiting("ImagePullBackOff", "no such"));
    assertThat(blocked(pod, warning(creating, "FailedMount", MISSING)))
        .contains(new Waiting("ImagePullBackOff", "no such"));
  }

  private static Optional<UnexplainedWait> unexplainedWait(Job job, Pod... pods) {
    return new WorkerJob(job, List.of(pods), List.of(), Instant.EPOCH).unexplainedWait();
  }

  private Optional<Waiting> blocked(Pod pod, Event... warnings) {
    return new WorkerJob(job, List.of(pod), List.of(warnings), Instant.EPOCH).blocked();
  }

  private static Event warning(HasMetadata object, String reason, String message) {
    return TestObjects.warning(object, reason, START, message);
  }

  private static Event at(Event event, int firstSecond, int lastSecond) {
    Instant start = Instant.parse(START);
    return new EventBuilder(event)
        .withFirstTimestamp(start.plusSeconds(firstSecond).toString())
        .withLastTimestamp(start.plusSeconds(lastSecond).toString())
        .build();
  }
}
