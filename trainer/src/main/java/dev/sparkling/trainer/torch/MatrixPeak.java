package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.pipeline.spec.training.Precision;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The peak speed that model FLOPs utilization is relative to: FLOPs per second of a product of
 * large matrices. Each kind of product is measured once per process, in about half a second.
 */
public final class MatrixPeak {

  /** The first products are slow in a new process, which compiles its code at the same time. */
  private static final int MIN_ROUNDS = 6;

  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  private static final Map<Product, Double> MEASURED = new ConcurrentHashMap<>();

  /**
   * A kind of product.
   *
   * @param threads number of CPU threads; 0 on a GPU
   * @param size size of both axes of the two matrices, large enough to use the whole device
   */
  private record Product(int threads, boolean onHost, Precision precision, int size) {

    /**
     * Returns the product to measure; on a CPU always in fp32, because CPUs without bf16 units are
     * slower in bf16.
     */
    static Product of(int threads, Precision precision, boolean onHost) {
      return onHost
          ? new Product(threads, true, Precision.FP32, 1024)
          : new Product(0, false, precision, 8192);
    }

    NDArray matrix(NDManager scope) {
      NDArray ones = scope.ones(new Shape(size, size));
      return switch (precision) {
        case FP32 -> ones;
        case BF16 -> ForeachFunctions.load(scope).toBfloat16(List.of(ones), scope).getFirst();
      };
    }

    double flops() {
      return 2.0 * size * size * size;
    }
  }

  private MatrixPeak() {}

  /**
   * Returns the FLOPs per second of a device.
   *
   * @param threads number of threads of each operation
   * @param precision number format of the product on a GPU; on a CPU it is always fp32
   * @param manager manager of the device
   */
  public static double flops(int threads, Precision precision, NDManager manager) {
    Product product = Product.of(threads, precision, Torch.isOnHost(manager));
    return MEASURED.computeIfAbsent(product, kind -> measure(kind, manager));
  }

  private static double measure(Product kind, NDManager manager) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray matrix = kind.matrix(scope);
      double best = 0;
      long first = System.nanoTime();
      for (int i = 0; i < MIN_ROUNDS || System.nanoTime() - first < NANOS; i++) {
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

  /** Reads a value to wait for a GPU, where calls return before their results are computed. */
  private static void awaitDevice(NDArray result) {
    try (NDArray corner = result.get(new NDIndex("0:1, 0:1"));
        NDArray value = corner.toType(DataType.FLOAT32, true)) {
      value.toFloatArray();
    }
  }
}
