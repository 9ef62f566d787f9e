package dev.sparkling.trainer.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** libtorch in this process. It has one number of threads, so that there is one of it. */
public final class Torch {

  private final Engine engine;

  private Torch(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts libtorch, or sets the threads of the one that runs.
   *
   * @param threads of each operation; results are bitwise equal for equal counts only
   */
  public static Torch start(int threads) {
    // Nothing is ever downloaded: an air-gapped cluster must behave like a laptop.
    System.setProperty("ai.djl.offline", "true");
    // The simple executor: with no gradients and changing shapes, profiling costs and brings
    // nothing.
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Engine engine = Engine.getEngine("PyTorch");
    JniUtils.setNumThreads(threads);
    return new Torch(engine);
  }

  /** A new owner of arrays, on the CPU. */
  public NDManager newManager() {
    return engine.newBaseManager();
  }

  /**
   * What needs memory, where there is enough.
   *
   * @return empty where libtorch could not have it
   */
  public static <T> Optional<T> ifMemoryAllows(Supplier<T> allocation) {
    try {
      return Optional.of(allocation.get());
    } catch (EngineException e) {
      if (isOutOfMemory(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Does what may need more memory than there is.
   *
   * @param otherwise makes what is thrown where libtorch could not have it
   */
  public static <T> T withinMemory(
      Supplier<T> work, Function<RuntimeException, ? extends RuntimeException> otherwise) {
    try {
      return work.get();
    } catch (EngineException e) {
      throw isOutOfMemory(e) ? otherwise.apply(e) : e;
    }
  }

  /** On the CPU or a GPU. */
  private static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("can't allocate memory") || message.contains("out of memory");
  }

  /** libtorch's version. */
  public String version() {
    return engine.getVersion();
  }

  /**
   * The memory of a part of a contiguous array on the CPU, valid as long as the array is open.
   *
   * @param offset of the first element, in the array's flat order
   * @param elements at most 2 GiB of them
   */
  public static MemorySegment memory(NDArray array, long offset, long elements) {
    try (NDArray flat = array.reshape(-1);
        NDArray part = flat.get(new NDIndex("{}:{}", offset, offset + elements))) {
      // Views: the buffer's address is inside of the array and outlives them.
      return MemorySegment.ofBuffer(((PtNDArray) part).toByteBuffer(true));
    }
  }
}
