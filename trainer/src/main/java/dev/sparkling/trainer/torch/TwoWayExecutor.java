package dev.sparkling.trainer.torch;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/**
 * Runs one task on the calling thread, or two at the same time, each with half of libtorch's
 * threads.
 */
public final class TwoWayExecutor implements AutoCloseable {

  private static final int WAYS = 2;

  private final int threads;
  private final ExecutorService second =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("second shard").daemon().factory());

  /**
   * Creates an executor, whose thread starts at the first run with two tasks.
   *
   * @param threads number of threads of each operation, which the calling thread uses before and
   *     after a run
   */
  public TwoWayExecutor(int threads) {
    this.threads = threads;
  }

  /**
   * Runs tasks and waits for all of them, even if one fails.
   *
   * @param count number of tasks: 1, or 2 if the number of threads is even
   * @param task function of a task's index
   * @return results in the order of the tasks
   */
  public <T> List<T> run(int count, IntFunction<T> task) {
    if (count == 1) {
      return List.of(task.apply(0));
    }
    if (count != WAYS || threads % WAYS != 0) {
      throw new IllegalArgumentException(count + " tasks of " + threads + " threads");
    }
    CompletableFuture<T> other =
        CompletableFuture.supplyAsync(() -> withHalfOfTheThreads(task, 1), second);
    T own;
    try {
      own = withHalfOfTheThreads(task, 0);
    } catch (RuntimeException | Error e) {
      failureOf(other).ifPresent(e::addSuppressed);
      throw e;
    } finally {
      // Memory that the other task reads must not be freed before it has ended.
      failureOf(other);
      Torch.prepareThread(threads);
    }
    failureOf(other).ifPresent(TwoWayExecutor::rethrow);
    return List.of(own, other.join());
  }

  /** Waits for a task to end. */
  private static Optional<Throwable> failureOf(CompletableFuture<?> task) {
    return Optional.ofNullable(task.handle((_, failure) -> failure).join());
  }

  private static void rethrow(Throwable failure) {
    switch (failure instanceof CompletionException wrapped ? wrapped.getCause() : failure) {
      case RuntimeException known -> throw known;
      case Error error -> throw error;
      case null, default -> throw new IllegalStateException(failure);
    }
  }

  private <T> T withHalfOfTheThreads(IntFunction<T> task, int index) {
    Torch.prepareThread(threads / WAYS);
    return task.apply(index);
  }

  @Override
  public void close() {
    second.close();
  }
}
