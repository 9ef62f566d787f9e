package dev.sparkling.expander.stream;

import dev.sparkling.pipeline.error.SparklingException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for tasks on other threads and rethrows their exceptions. */
public final class Futures {

  private Futures() {}

  /**
   * Waits for all tasks and rethrows the first exception. {@link ExpansionStopped} is rethrown only
   * if there is no other exception, because a failure stops the other tasks.
   */
  public static void awaitAll(List<Future<?>> futures) {
    RuntimeException first = null;
    for (Future<?> future : futures) {
      try {
        await(future);
      } catch (RuntimeException e) {
        first = first == null || first instanceof ExpansionStopped ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SparklingException known) {
        throw known;
      }
      if (e.getCause() instanceof ExpansionStopped stopped) {
        throw stopped;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while widening", e);
    }
  }
}
