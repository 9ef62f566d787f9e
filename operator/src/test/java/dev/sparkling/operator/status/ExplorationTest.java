package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.status.World.PodState;
import dev.sparkling.operator.status.World.SimJob;
import dev.sparkling.operator.status.World.SimPod;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Explores what can happen to a run: from each state of an undisturbed run, and of one whose first
 * worker was refused, all sequences of up to {@value #DEPTH} events, each seen by the operator at
 * once, later, or in another order, or not at all.
 */
class ExplorationTest {

  private static final int DEPTH = 6;

  /** Many times the number of rounds that an undisturbed run takes. */
  private static final int MOST_ROUNDS = 60;

  private static final List<String> ALL_WORK = List.of("narrow-train", "wide-expand", "wide-train");

  /** An event, and the state after it. */
  private record Next(String event, World world) {}

  private final Map<World, Integer> explored = new HashMap<>();
  private final Set<World> endingRight = new HashSet<>();
  private final List<String> violations = new ArrayList<>();

  @Test
  void everyRunEndsRightWhateverHappensToItAndNoWorkIsCommittedTwice() {
    explore(true);
    assertThat(violations).isEmpty();
    System.out.println("explored " + explored.size() + " states");
    assertThat(explored).hasSizeGreaterThan(10_000);
  }

  /** Proves that the exploration would find a second writer. */
  @Test
  void withoutTheFenceSomeWorkIsCommittedTwice() {
    explore(false);
    assertThat(violations).anyMatch(found -> found.contains("committed twice"));
  }

  private void explore(boolean fenced) {
    World start = World.start(fenced);
    undisturbed(start).forEach(seed -> explore(seed, DEPTH, ""));
    undisturbed(refused(start)).forEach(seed -> explore(seed, DEPTH, " > a worker was refused"));
  }

  private void explore(World world, int depth, String path) {
    if (explored.getOrDefault(world, -1) >= depth || violations.size() > 5) {
      return;
    }
    explored.put(world, depth);
    check(world, path);
    if (depth == 0) {
      return;
    }
    for (Next next : events(world)) {
      checkTransition(world, next, path);
      explore(next.world(), depth - 1, path + " > " + next.event());
    }
  }

  private void check(World world, String path) {
    if (!world.repeatedWork().isEmpty()) {
      violations.add(world.repeatedWork() + " was committed twice:" + path);
      return;
    }
    ProgressiveTrainingStatus status = world.status();
    for (StageStatus stage : status == null ? List.<StageStatus>of() : status.stages()) {
      if (stage.state() == StageState.SUCCEEDED
          && !world.commits().contains(stage.name() + "-train")) {
        violations.add(stage.name() + " has not succeeded:" + path);
      }
    }
    if (!endsRight(world)) {
      violations.add("is a dead end:" + path + "\n" + world);
    }
  }

  /** A final phase is left by a retry alone. */
  private void checkTransition(World before, Next next, String path) {
    Phase phase = phase(before);
    boolean left = phase != phase(next.world());
    boolean allowed = phase == Phase.FAILED && before.intent().retries() > followed(before);
    if (left && (phase == Phase.SUCCEEDED || phase == Phase.FAILED) && !allowed) {
      violations.add(phase + " was left:" + path + " > " + next.event());
    }
  }

  private static int followed(World world) {
    ProgressiveTrainingStatus status = world.status();
    return status == null || status.retry() == null ? 0 : Integer.parseInt(status.retry());
  }

  private static Phase phase(World world) {
    ProgressiveTrainingStatus status = world.status();
    return status == null ? Phase.PENDING : Objects.requireNonNull(status.phase());
  }

  /** Everything that can happen next. */
  private static List<Next> events(World world) {
    List<Next> events = new ArrayList<>();
    events.add(new Next("pass", world.pass()));
    events.add(new Next("failed pass", world.failedPass()));
    events.add(new Next("see jobs", world.seeJobs()));
    events.add(new Next("see pods", world.seePods()));
    for (SimJob job : world.jobs()) {
      events.add(new Next("control " + job.key(), world.control(job)));
      events.add(new Next("delete job " + job.key(), world.deleteJob(job)));
    }
    for (SimPod pod : world.pods()) {
      if (pod.isRunning()) {
        String name = pod.job().key() + " " + pod.uid();
        events.add(new Next(name + " succeeds", world.succeed(pod)));
        if (pod.state() == PodState.RUNNING && pod.job().work() != Work.CHECK) {
          events.add(new Next(name + " is refused", world.fail(pod, 2, "CredentialsRefused")));
          events.add(new Next(name + " is corrupt", world.fail(pod, 3, "CorruptCheckpoint")));
          events.add(new Next(name + " crashes", world.fail(pod, 4, "StoreUnavailable")));
          events.add(new Next(name + " is lost", world.lose(pod)));
        }
        if (!world.hasJob(pod)) {
          events.add(new Next(name + " is removed", world.remove(pod)));
        }
      }
    }
    if (world.intent().retries() == 0) {
      events.add(new Next("retry", world.retry()));
    }
    if (world.intent().generation() < 3) {
      events.add(new Next("edit", world.edit()));
      events.add(new Next("suspend or resume", world.toggleSuspend()));
    }
    return events.stream().filter(next -> !next.world().equals(world)).toList();
  }

  /** Returns the state after the first worker of a run was refused. */
  private static World refused(World start) {
    World running = start.pass();
    running = running.control(running.jobs().getFirst());
    return running.fail(running.pods().getFirst(), 2, "CredentialsRefused");
  }

  /** Returns the states of a run to which nothing happens any more but its own work. */
  private static List<World> undisturbed(World world) {
    List<World> states = new ArrayList<>(List.of(world));
    for (int i = 0; i < MOST_ROUNDS && phase(states.getLast()) != Phase.SUCCEEDED; i++) {
      states.add(round(states.getLast()));
    }
    return states;
  }

  /** Whether the run succeeds, with each work committed once, if nothing more happens to it. */
  private boolean endsRight(World world) {
    List<World> path = new ArrayList<>();
    World now = world;
    for (int i = 0; i < MOST_ROUNDS && !endingRight.contains(now); i++) {
      path.add(now);
      if (phase(now) == Phase.SUCCEEDED) {
        if (!new LinkedHashSet<>(now.commits()).equals(new LinkedHashSet<>(ALL_WORK))) {
          return false;
        }
        if (!now.repeatedWork().isEmpty()) {
          violations.add(now.repeatedWork() + " is committed twice in the end");
        }
        break;
      }
      now = round(now);
    }
    if (phase(now) != Phase.SUCCEEDED && !endingRight.contains(now)) {
      return false;
    }
    endingRight.addAll(path);
    return true;
  }

  /** The operator sees everything and passes; then workers work, and the user helps. */
  private static World round(World world) {
    World now = world.seeJobs().seePods().pass();
    for (SimJob job : now.jobs()) {
      now = now.control(job);
    }
    for (SimPod pod : now.pods()) {
      if (!now.hasJob(pod) && pod.state() != PodState.LOST) {
        now = now.remove(pod);
      } else if (pod.isRunning()) {
        now = now.succeed(pod);
      }
    }
    if (now.intent().suspended()) {
      now = now.toggleSuspend();
    }
    if (phase(now) == Phase.FAILED && now.intent().retries() == followed(now)) {
      now = now.retry();
    }
    return now;
  }
}
