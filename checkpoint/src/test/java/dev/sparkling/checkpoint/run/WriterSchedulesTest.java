package dev.sparkling.checkpoint.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ForwardingObjectUpload;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Two writers of one run, of which either may be stopped before any call of the store, as by
 * SIGSTOP, and continue after the other one.
 */
class WriterSchedulesTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String STAGE = "narrow";
  private static final long LAST_STEP = 3;
  private static final RunOwner OWNER = RunOwner.ofResource("cluster", "namespace", "run");
  private static final int TIMEOUT_SECONDS = 30;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void noScheduleLosesACheckpointOrCommitsTwice() throws Exception {
    int calls = callsOfOneWriter();
    for (int first = 0; first <= calls; first++) {
      for (int second : stops(calls)) {
        assertThat(violations(new InMemoryObjectStore(), first, second))
            .as("first writer stopped before call %d, second before call %d", first, second)
            .isEmpty();
      }
    }
  }

  /** Proves that the schedules above would find a fault. */
  @Test
  void someScheduleLosesACheckpointIfTheStoreIgnoresConditions() throws Exception {
    int calls = callsOfOneWriter();
    List<String> found = new ArrayList<>();
    for (int first = 0; first <= calls; first++) {
      found.addAll(violations(new Unconditional(), first, Integer.MAX_VALUE));
    }
    assertThat(found).isNotEmpty();
  }

  /** Some calls of the second writer, and a run to its end. */
  private static int[] stops(int calls) {
    return IntStream.concat(
            IntStream.iterate(0, call -> call <= calls, call -> call + 1 + calls / 9),
            IntStream.of(Integer.MAX_VALUE))
        .toArray();
  }

  private int callsOfOneWriter() {
    Stoppable store = new Stoppable(new InMemoryObjectStore(), Integer.MAX_VALUE);
    write(store);
    return store.calls.get();
  }

  /**
   * Runs the first writer to a call, the second one to a call, then the first one to its end, then
   * the second one to its end, and a third one without a stop.
   */
  private List<String> violations(ObjectStore store, int first, int second) throws Exception {
    Stoppable a = new Stoppable(store, first);
    Stoppable b = new Stoppable(store, second);
    Future<Optional<SparklingException>> endOfA = threads.submit(() -> attempt(a));
    a.awaitStop(endOfA);
    Future<Optional<SparklingException>> endOfB = threads.submit(() -> attempt(b));
    b.awaitStop(endOfB);
    a.resume();
    Optional<SparklingException> errorOfA = endOfA.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    b.resume();
    Optional<SparklingException> errorOfB = endOfB.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);

    List<String> violations = new ArrayList<>();
    errorOfA.filter(e -> !isRefused(e)).ifPresent(e -> violations.add("first: " + e));
    errorOfB.filter(e -> !isRefused(e)).ifPresent(e -> violations.add("second: " + e));
    if (errorOfA.isPresent() && errorOfB.isPresent()) {
      violations.add("both writers were refused");
    }
    violations.addAll(faults(store));
    attempt(store).ifPresent(e -> violations.add("third: " + e));
    violations.addAll(faults(store));
    if (RunCheckpoints.read(store).newestStep(STAGE).orElse(-1) != LAST_STEP) {
      violations.add("the stage did not reach its last step");
    }
    return violations;
  }

  /** Whether a writer was locked out, or lost the race to become one. */
  private static boolean isRefused(SparklingException error) {
    return error instanceof TransientError
        || (error instanceof UserError
            && String.valueOf(error.getMessage()).contains("another process has taken over"));
  }

  /** What a reader would stumble over. */
  private static List<String> faults(ObjectStore store) {
    List<String> faults = new ArrayList<>();
    RunCheckpoints checkpoints = RunCheckpoints.read(store);
    FencedStage stage = checkpoints.stages().getOrDefault(STAGE, FencedStage.EMPTY);
    for (FencedCheckpoint checkpoint : stage.checkpoints()) {
      try {
        Manifest manifest =
            CheckpointReader.open(store, checkpoint.folder()).manifest().orElseThrow();
        if (!manifest.sha256().equals(checkpoint.manifest())
            || Checkpoints.state(store, checkpoint.folder()).orElseThrow().step()
                != checkpoint.step()) {
          faults.add(checkpoint + " has another manifest");
        }
      } catch (SparklingException e) {
        faults.add(checkpoint + ": " + e.getMessage());
      }
    }
    List<String> metrics = lines(store);
    checkpoints
        .newestStep(STAGE)
        .ifPresent(
            newest ->
                LongStream.rangeClosed(1, newest)
                    .filter(step -> !metrics.contains("step " + step))
                    .forEach(step -> faults.add("metrics lack step " + step)));
    return faults;
  }

  private static Optional<SparklingException> attempt(ObjectStore store) {
    try {
      write(store);
      return Optional.empty();
    } catch (SparklingException e) {
      return Optional.of(e);
    }
  }

  /** Does what a trainer does: resumes, and writes metrics and a checkpoint with each step. */
  private static void write(ObjectStore store) {
    RunWriter run = RunWriter.begin(store, OWNER);
    run.deleteLeftovers(STAGE);
    run.pin(List.of(RunLayout.metrics(STAGE)));
    long resumed = run.checkpoints().newestStep(STAGE).orElse(0);
    List<String> metrics = new ArrayList<>(lines(store).subList(0, Math.toIntExact(resumed)));
    for (long step = resumed + 1; step <= LAST_STEP; step++) {
      metrics.add("step " + step);
      String folder = run.newCheckpoint(STAGE, step);
      run.rewrite(
          RunLayout.metrics(STAGE), String.join("\n", metrics).getBytes(StandardCharsets.UTF_8));
      Manifest manifest =
          TestTensors.write(store, folder, MODEL, TestTensors.state(MODEL, step), 1);
      run.commit(STAGE, new FencedCheckpoint(step, folder, manifest.sha256()), 2);
    }
  }

  private static List<String> lines(ObjectStore store) {
    return store
        .readCurrent(
            RunLayout.metrics(STAGE),
            (_, bytes) -> new String(bytes, StandardCharsets.UTF_8).lines().toList())
        .orElse(List.of());
  }

  /** Stops its user before one call. */
  private static final class Stoppable extends ForwardingObjectStore {
    private final AtomicInteger calls = new AtomicInteger();
    private final Semaphore stopped = new Semaphore(0);
    private final Semaphore resumed = new Semaphore(0);
    private final int stopBefore;

    Stoppable(ObjectStore behind, int stopBefore) {
      super(behind);
      this.stopBefore = stopBefore;
    }

    void awaitStop(Future<?> end) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
      while (!stopped.tryAcquire(1, TimeUnit.MILLISECONDS) && !end.isDone()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }

    void resume() {
      resumed.release();
    }

    private void call() {
      if (calls.getAndIncrement() == stopBefore) {
        stopped.release();
        resumed.acquireUninterruptibly();
      }
    }

    @Override
    public ObjectUpload create(String key) {
      return new ForwardingObjectUpload(super.create(key)) {
        @Override
        public void commit() {
          call();
          super.commit();
        }
      };
    }

    @Override
    public Optional<StoredObject> find(String key) {
      call();
      return super.find(key);
    }

    @Override
    public List<StoredObject> list(String prefix) {
      call();
      return super.list(prefix);
    }

    @Override
    public void read(StoredObject object, long offset, MemorySegment target) {
      call();
      super.read(object, offset, target);
    }

    @Override
    public void delete(String key) {
      call();
      super.delete(key);
    }

    @Override
    public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
      call();
      return super.replace(key, expected, bytes);
    }
  }

  /** A store that compares no versions, except that it passes the check of a writer's start. */
  private static final class Unconditional extends ForwardingObjectStore {
    Unconditional() {
      super(new InMemoryObjectStore());
    }

    @Override
    public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
      return key.startsWith("fence-probe")
          ? super.replace(key, expected, bytes)
          : super.replace(key, find(key).map(StoredObject::version), bytes);
    }
  }
}
