package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.sparkling.pipeline.plan.TrainingMemory;
import java.util.ArrayList;
import java.util.List;
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
    List<T> results = new ArrayList<>();
    try {
      results.add(withThreads(threads / MOST, work, 0));
    } finally {
      // What it reads must not be freed under it.
      other.handle((_, _) -> true).join();
      JniUtils.setNumThreads(threads);
    }
    try {
      results.add(other.join());
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : e;
    }
    return results;
  }

  /** The number is each thread's own, and MKL's is the process's. */
  private static <T> T withThreads(int threads, IntFunction<T> work, int share) {
    JniUtils.setNumThreads(threads);
    return work.apply(share);
  }

  @Override
  public void close() {
    others.close();
  }
}
