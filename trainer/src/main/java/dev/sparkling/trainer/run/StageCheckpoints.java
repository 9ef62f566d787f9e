package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.trainer.metrics.MetricsFiles;
import dev.sparkling.trainer.model.ModelState;
import dev.sparkling.trainer.run.TrainingListener.Checkpointed;
import dev.sparkling.trainer.torch.Torch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stage's checkpoints while it goes on training. Values are copied into a second set of
 * arrays, which is all that a step waits for; a thread writes from those. One is in flight at a
 * time: who begins another waits for it. What went wrong in the thread is thrown on the training's
 * thread, at the next call of any method. All methods are for the training's thread.
 */
final class StageCheckpoints implements AutoCloseable {

  private final ObjectStore store;
  private final String stage;
  private final int keepLast;
  private final ModelConfiguration model;
  private final ModelState values;
  private final TrainingListener listener;
  private final NDManager host;
  private long newest;
  private Optional<ModelState> copy = Optional.empty();
  private boolean inForeground;
  private @Nullable FutureTask<Checkpointed> inFlight;

  /**
   * Prepares; takes no memory before the first {@link #begin}, unless values of another device need
   * the copy.
   *
   * @param newest step of the checkpoint that training goes on from; less than any of the stage's
   *     where it has none
   * @param keepLast newest complete checkpoints that stay; the stage's last one is among them
   * @param host owns the copy of the values, in the host's memory
   */
  StageCheckpoints(
      ObjectStore store,
      String stage,
      long newest,
      int keepLast,
      ModelConfiguration model,
      ModelState values,
      TrainingListener listener,
      NDManager host) {
    this.store = store;
    this.stage = stage;
    this.newest = newest;
    this.keepLast = keepLast;
    this.model = model;
    this.values = values;
    this.listener = listener;
    this.host = host;
    // Before any step: without it no checkpoint could be written, and all work would be lost.
    if (!values.isOnHost()) {
      copy = Optional.of(Torch.withinMemory(() -> values.newCopy(host), StageCheckpoints::noRoom));
    }
  }

  /**
   * Begins a checkpoint of the values as they are now.
   *
   * @return seconds that this took
   */
  double begin(TrainerState state, Metrics metrics) {
    long begin = System.nanoTime();
    finish();
    Optional<ModelState> staged = staged();
    if (staged.isEmpty()) {
      writeNow(state, metrics);
      return seconds(begin);
    }
    Metrics ofStep = metrics.copy();
    double stalled = seconds(begin);
    FutureTask<Checkpointed> task =
        new FutureTask<>(() -> write(state, ofStep, staged.get(), stalled));
    inFlight = task;
    Thread.ofPlatform().name("checkpoint").start(task);
    return stalled;
  }

  /** Writes a checkpoint of the values as they are now; when this returns, it is complete. */
  void writeNow(TrainerState state, Metrics metrics) {
    long begin = System.nanoTime();
    finish();
    ModelState readable = values.isOnHost() ? values : staged().orElseThrow();
    Checkpointed written = write(state, metrics, readable, 0);
    listener.checkpointed(written.stalledFor(seconds(begin)));
  }

  /** Tells of the one in flight if it has ended since. */
  void poll() {
    FutureTask<Checkpointed> task = inFlight;
    if (task != null && task.isDone()) {
      finish();
    }
  }

  /** Waits for the one in flight. */
  void finish() {
    FutureTask<Checkpointed> task = inFlight;
    if (task != null) {
      inFlight = null;
      listener.checkpointed(await(task));
    }
  }

  /** Waits, so that nothing reads the values any more. */
  @Override
  public void close() {
    finish();
  }

  private static UserError noRoom(RuntimeException cause) {
    return new UserError(
        "spec.trainer.resources.limits.memory: has no room for a copy of weights and moments, from"
            + " which a GPU's checkpoints are written; raise it",
        cause);
  }

  /** Copies all values; empty where there is no memory for a second set beside the first. */
  private Optional<ModelState> staged() {
    if (copy.isEmpty() && !inForeground) {
      copy = Torch.ifMemoryAllows(() -> values.newCopy(host));
      inForeground = copy.isEmpty();
      if (inForeground) {
        listener.warning(
            "checkpoints are written while training waits: there is no memory for a second set of"
                + " weights and moments");
      }
    }
    copy.ifPresent(arrays -> arrays.copyFrom(values));
    return copy;
  }

  /** The metrics go before the manifest, so that a checkpoint never lacks its own. */
  private Checkpointed write(
      TrainerState state, Metrics metrics, ModelState from, double stallSeconds) {
    long begin = System.nanoTime();
    String folder = RunLayout.checkpoint(stage, state.step());
    Manifest manifest;
    try (CheckpointWriter writer = new CheckpointWriter(store, folder)) {
      writer.writeConfiguration(model);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, from.tensors(kind));
      }
      MetricsFiles.write(store, stage, metrics, newest, state.step(), Instant.now());
      manifest = writer.commit(state);
    }
    newest = state.step();
    List<Long> steps = RunCheckpoints.steps(store, stage);
    for (int i = 0; i < steps.size() - keepLast; i++) {
      Checkpoints.delete(store, RunLayout.checkpoint(stage, steps.get(i)));
    }
    long bytes = manifest.files().values().stream().mapToLong(file -> file.size()).sum();
    return new Checkpointed(
        state.step(), store.location(folder), bytes, seconds(begin), stallSeconds);
  }

  private static Checkpointed await(FutureTask<Checkpointed> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException _) {
          // The values must not go away under the writer.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
  }
}
