package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.pipeline.spec.training.Precision;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What the device can do at best, for comparison: the FLOPs a second of a product of large
 * matrices. Measured once for each kind, in less than half a second.
 */
public final class MatrixPeak {

  /** A process that has just begun compiles its own code meanwhile, so that the first are slow. */
  private static final int LEAST_ROUNDS = 6;

  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  private static final Map<Product, Double> MEASURED = new ConcurrentHashMap<>();

  /**
   * What is multiplied, and by what.
   *
   * @param size of each of the two matrices' axes: large enough to keep the device busy
   */
  private record Product(int threads, boolean onHost, DataType type, int size) {

    /** Of a CPU fp32 always: what a processor without units for bf16 does is no peak. */
    static Product of(int threads, Precision precision, boolean onHost) {
      return onHost
          ? new Product(threads, true, DataType.FLOAT32, 1024)
          : new Product(0, false, type(precision), 8192);
    }

    private static DataType type(Precision precision) {
      return switch (precision) {
        case FP32 -> DataType.FLOAT32;
        case BF16 -> DataType.BFLOAT16;
      };
    }

    double flops() {
      return 2.0 * size * size * size;
    }
  }

  private MatrixPeak() {}

  /**
   * FLOPs a second of a manager's device.
   *
   * @param threads that libtorch has now
   * @param precision in which a GPU multiplies
   */
  public static double flops(int threads, Precision precision, NDManager manager) {
    Product product = Product.of(threads, precision, Torch.isOnHost(manager));
    return MEASURED.computeIfAbsent(product, kind -> measure(kind, manager));
  }

  private static double measure(Product kind, NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray matrix = scope.ones(new Shape(kind.size(), kind.size())).toType(kind.type(), false);
      double best = 0;
      long first = System.nanoTime();
      for (int i = 0; i < LEAST_ROUNDS || System.nanoTime() - first < NANOS; i++) {
        long begin = System.nanoTime();
        try (NDArray result = matrix.matMul(matrix)) {
          awaitDevice(result);
        }
        double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
        best = Math.max(best, kind.flops() / seconds);
      }
      return best;
    }
  }

  /** A GPU answers before it has computed; who reads a value waits for it. */
  private static void awaitDevice(NDArray result) {
    try (NDArray corner = result.get(new NDIndex("0:1, 0:1"));
        NDArray value = corner.toType(DataType.FLOAT32, true)) {
      value.toFloatArray();
    }
  }
}
