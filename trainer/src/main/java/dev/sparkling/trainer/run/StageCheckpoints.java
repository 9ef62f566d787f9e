package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.metrics.MetricsFiles;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.run.TrainingListener.Checkpointed;
import dev.sparkling.trainer.torch.Torch;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stage's checkpoints in the background. Training waits only until the values have been
 * copied to a second set of arrays, from which a background thread writes the checkpoint. One
 * checkpoint is in flight at a time: beginning the next one waits for it. An error in the
 * background thread is thrown by the next method call. All methods must be called on the training
 * thread.
 */
final class StageCheckpoints implements AutoCloseable {

  private final RunWriter run;
  private final String stage;
  private final int keepLast;
  private final ModelConfiguration model;
  private final ModelState values;
  private final TrainingListener listener;
  private final Supplier<ModelState> newCopy;
  private long newest;
  private Optional<ModelState> copy = Optional.empty();
  private boolean copyFailed;
  private @Nullable FutureTask<Checkpointed> inFlight;

  /**
   * Creates a writer. The arrays of the copy are allocated by the first {@link #begin}, or
   * immediately if the values are not on the host.
   *
   * @param newest step of the stage's checkpoint that training resumes from; -1 if it has none
   * @param keepLast number of complete checkpoints to keep, the newest ones
   * @param newCopy allocates a state for the copy, in host memory
   */
  StageCheckpoints(
      RunWriter run,
      String stage,
      long newest,
      int keepLast,
      ModelConfiguration model,
      ModelState values,
      TrainingListener listener,
      Supplier<ModelState> newCopy) {
    this.run = run;
    this.stage = stage;
    this.newest = newest;
    this.keepLast = keepLast;
    this.model = model;
    this.values = values;
    this.listener = listener;
    this.newCopy = newCopy;
    // Allocated before the first step: without the copy no checkpoint could be written, and all
    // work would be lost.
    if (!values.isOnHost()) {
      copy = Optional.of(Torch.withinMemory(newCopy, StageCheckpoints::noMemoryForCopy));
    }
  }

  /**
   * Begins a checkpoint of the current values.
   *
   * @return seconds for which training waited
   */
  double begin(TrainerState state, Metrics metrics) {
    long begin = System.nanoTime();
    finish();
    Optional<ModelState> staged = staged();
    if (staged.isEmpty()) {
      writeNow(state, metrics);
      return seconds(begin);
    }
    Metrics copiedMetrics = metrics.copy();
    double stalled = seconds(begin);
    FutureTask<Checkpointed> task =
        new FutureTask<>(() -> write(state, copiedMetrics, staged.get(), stalled));
    inFlight = task;
    Thread.ofPlatform().name("checkpoint").start(task);
    return stalled;
  }

  /** Writes a checkpoint of the current values and waits until it is complete. */
  void writeNow(TrainerState state, Metrics metrics) {
    long begin = System.nanoTime();
    finish();
    ModelState readable = values.isOnHost() ? values : staged().orElseThrow();
    Checkpointed written = write(state, metrics, readable, 0);
    listener.checkpointed(written.withStall(seconds(begin)));
  }

  /** Reports the checkpoint in flight if it is complete. */
  void poll() {
    FutureTask<Checkpointed> task = inFlight;
    if (task != null && task.isDone()) {
      finish();
    }
  }

  /** Waits for the checkpoint in flight. */
  void finish() {
    FutureTask<Checkpointed> task = inFlight;
    if (task != null) {
      inFlight = null;
      listener.checkpointed(await(task));
    }
  }

  /** Waits for the checkpoint in flight, after which nothing reads the values. */
  @Override
  public void close() {
    finish();
  }

  private static UserError noMemoryForCopy(RuntimeException cause) {
    return new UserError(
        "spec.trainer.resources.limits.memory: is too small for a copy of weights and moments, which"
            + " checkpoints are written from on a GPU; raise it",
        cause);
  }

  /** Copies all values; empty if there is no memory for a second set of arrays. */
  private Optional<ModelState> staged() {
    if (copy.isEmpty() && !copyFailed) {
      copy = Torch.ifMemoryAllows(newCopy);
      copyFailed = copy.isEmpty();
      if (copyFailed) {
        listener.warning(
            "training waits while each checkpoint is written, because there is no memory for a copy"
                + " of weights and moments");
      }
    }
    copy.ifPresent(arrays -> arrays.copyFrom(values));
    return copy;
  }

  /**
   * Writes a checkpoint. Metrics are written before the manifest, so that every complete checkpoint
   * has them.
   */
  private Checkpointed write(
      TrainerState state, Metrics metrics, ModelState from, double stallSeconds) {
    long begin = System.nanoTime();
    String folder = run.newCheckpoint(stage, state.step());
    Manifest manifest;
    try (CheckpointWriter writer = new CheckpointWriter(run.store(), folder)) {
      writer.writeConfiguration(model);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, from.tensors(kind));
      }
      MetricsFiles.write(run, stage, metrics, newest, state.step(), Instant.now());
      manifest = writer.commit(state);
    }
    run.commit(stage, new FencedCheckpoint(state.step(), folder, manifest.sha256()), keepLast);
    newest = state.step();
    long bytes = manifest.files().values().stream().mapToLong(file -> file.size()).sum();
    return new Checkpointed(
        state.step(), run.store().location(folder), bytes, seconds(begin), stallSeconds);
  }

  private static Checkpointed await(FutureTask<Checkpointed> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException _) {
          // The writer still reads the values, which must not be freed.
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
