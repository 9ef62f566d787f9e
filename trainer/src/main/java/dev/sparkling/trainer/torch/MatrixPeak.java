package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What the machine can do at best, for comparison: the FLOPs a second of a product of large fp32
 * matrices. Measured once for each number of threads, in less than half a second.
 */
public final class MatrixPeak {

  private static final int SIZE = 1024;

  /** A process that has just begun compiles its own code meanwhile, so that the first are slow. */
  private static final int LEAST_ROUNDS = 6;

  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private static final double FLOPS = 2.0 * SIZE * SIZE * SIZE;

  private static final Map<Integer, Double> MEASURED = new ConcurrentHashMap<>();

  private MatrixPeak() {}

  /** FLOPs a second; {@code threads} are those that libtorch has now. */
  public static double flops(int threads, NDManager manager) {
    return MEASURED.computeIfAbsent(threads, _ -> measure(manager));
  }

  private static double measure(NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray matrix = scope.ones(new Shape(SIZE, SIZE));
      double best = 0;
      long first = System.nanoTime();
      for (int i = 0; i < LEAST_ROUNDS || System.nanoTime() - first < NANOS; i++) {
        long begin = System.nanoTime();
        matrix.matMul(matrix).close();
        double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
        best = Math.max(best, FLOPS / seconds);
      }
      return best;
    }
  }
}
