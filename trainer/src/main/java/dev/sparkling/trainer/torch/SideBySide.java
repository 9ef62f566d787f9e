package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.plan.TrainingMemory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/** Work in equal shares at the same time, each with its share of libtorch's threads. */
public final class SideBySide implements AutoCloseable {

  private static final int MOST = TrainingMemory.LANES;

  private final int threads;
  private final ExecutorService others =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("second lane").daemon().factory());

  /**
   * Takes no thread before it is needed.
   *
   * @param threads of libtorch, which the calling thread has before and after
   */
  public SideBySide(int threads) {
    this.threads = threads;
  }

  /**
   * How many shares work should have: those of equal size, for equal numbers of threads.
   *
   * @param parts that cannot be divided
   * @param manager whose device works
   */
  public int count(int parts, NDManager manager) {
    return Torch.isOnHost(manager) && parts % MOST == 0 && threads % MOST == 0 ? MOST : 1;
  }

  /**
   * Does all shares' work and waits for it, whatever happens to one of them.
   *
   * @param count from {@link #count}
   */
  public <T> List<T> run(int count, IntFunction<T> work) {
    if (count == 1) {
      return List.of(work.apply(0));
    }
    CompletableFuture<T> other =
        CompletableFuture.supplyAsync(() -> withThreads(threads / MOST, work, 1), others);
    T own;
    try {
      own = withThreads(threads / MOST, work, 0);
    } catch (RuntimeException | Error e) {
      failureOf(other).ifPresent(e::addSuppressed);
      throw e;
    } finally {
      // What it reads must not be freed under it.
      failureOf(other);
      Torch.prepareThread(threads);
    }
    failureOf(other).ifPresent(SideBySide::rethrow);
    return List.of(own, other.join());
  }

  /** Waits for its end. */
  private static Optional<Throwable> failureOf(CompletableFuture<?> work) {
    return Optional.ofNullable(work.handle((_, failure) -> failure).join());
  }

  private static void rethrow(Throwable failure) {
    switch (failure instanceof CompletionException wrapped ? wrapped.getCause() : failure) {
      case RuntimeException known -> throw known;
      case Error error -> throw error;
      case null, default -> throw new IllegalStateException(failure);
    }
  }

  private static <T> T withThreads(int threads, IntFunction<T> work, int share) {
    Torch.prepareThread(threads);
    return work.apply(share);
  }

  @Override
  public void close() {
    others.close();
  }
}
