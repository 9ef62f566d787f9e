package dev.sparkling.expander.stream;

import dev.sparkling.pipeline.error.SparklingException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for other threads, and throws what they threw. */
final class Futures {

  private Futures() {}

  static <T> T await(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SparklingException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while widening", e);
    }
  }
}
