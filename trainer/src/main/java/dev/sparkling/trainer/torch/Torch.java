package dev.sparkling.trainer.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.management.OperatingSystemMXBean;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The libtorch of this process, and the device that arrays are created on. */
public final class Torch {

  private final Engine engine;
  private final ai.djl.Device device;

  private Torch(Engine engine, ai.djl.Device device) {
    this.engine = engine;
    this.device = device;
  }

  /**
   * Loads libtorch, or sets the number of threads if it is already loaded.
   *
   * @param threads number of threads of each operation on the CPU; results are bitwise identical
   *     only for the same number
   * @throws UserError if a GPU is required and this libtorch is built without CUDA
   * @throws TransientError if a GPU is required and libtorch cannot use one on this machine;
   *     another machine may have one
   */
  public static Torch start(int threads, Device device) {
    // DJL must not download anything: an air-gapped cluster must behave like a laptop.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Engine engine = Engine.getEngine("PyTorch");
    prepareThread(threads);
    return new Torch(engine, chosen(device, engine));
  }

  private static ai.djl.Device chosen(Device device, Engine engine) {
    boolean built = device != Device.CPU && engine.hasCapability(StandardCapabilities.CUDA);
    if (device == Device.CUDA && !built) {
      throw new UserError(
          "device cuda: this libtorch "
              + engine.getVersion()
              + " is built without CUDA; allowed here: auto, cpu");
    }
    Optional<EngineException> refusal = built ? refusal(engine) : Optional.empty();
    if (device == Device.CUDA && refusal.isPresent()) {
      throw new TransientError(
          "device cuda: libtorch cannot use a GPU; one with a working driver is needed",
          refusal.get());
    }
    return built && refusal.isEmpty() ? ai.djl.Device.gpu() : ai.djl.Device.cpu();
  }

  /**
   * Tests the GPU by creating an array, because only libtorch knows where it finds CUDA's
   * libraries.
   */
  private static Optional<EngineException> refusal(Engine engine) {
    try (NDManager manager = engine.newBaseManager(ai.djl.Device.gpu())) {
      manager.create(1f).getFloat();
      return Optional.empty();
    } catch (EngineException e) {
      return Optional.of(e);
    }
  }

  /**
   * Applies our settings of libtorch to the calling thread. The number of threads is also set in
   * MKL, where it applies to the whole process.
   *
   * @param threads number of threads of each operation that the calling thread starts
   */
  static void prepareThread(int threads) {
    JniUtils.setNumThreads(threads);
    // Selects the simple executor. The profiling one fuses operations on a GPU after the first
    // calls, so that a resumed run would round differently; without autograd it is no faster.
    JniUtils.setGraphExecutorOptimize(false);
  }

  /** Returns the chosen device: {@link Device#CPU} or {@link Device#CUDA}. */
  public Device device() {
    return device.isGpu() ? Device.CUDA : Device.CPU;
  }

  /** Returns the memory of this machine, or of the container that the process runs in. */
  public static long hostMemoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** Creates an owner of arrays on the device. */
  public NDManager newManager() {
    return engine.newBaseManager(device);
  }

  /** Creates an owner of arrays in host memory. */
  public NDManager newHostManager() {
    return engine.newBaseManager(ai.djl.Device.cpu());
  }

  /** Whether a manager's arrays are in host memory, where {@link #memory} can access them. */
  public static boolean isOnHost(NDManager manager) {
    return !manager.getDevice().isGpu();
  }

  /**
   * Runs an allocation, if there is enough memory for it.
   *
   * @return the result; empty if libtorch could not allocate memory
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
   * Runs work that may run out of memory.
   *
   * @param otherwise translates the exception of a failed allocation to the one to throw
   */
  public static <T> T withinMemory(
      Supplier<T> work, Function<RuntimeException, ? extends RuntimeException> otherwise) {
    try {
      return work.get();
    } catch (EngineException e) {
      throw isOutOfMemory(e) ? otherwise.apply(e) : e;
    }
  }

  /** Recognizes the messages of libtorch's CPU and CUDA allocators. */
  private static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("can't allocate memory") || message.contains("out of memory");
  }

  /** Returns libtorch's version. */
  public String version() {
    return engine.getVersion();
  }

  /**
   * Returns the memory of a range of a contiguous array on the CPU, valid as long as the array is
   * open.
   *
   * @param offset index of the first element in the flattened array
   * @param elements number of elements, which take at most 2 GiB together
   */
  public static MemorySegment memory(NDArray array, long offset, long elements) {
    try (NDArray flat = array.reshape(-1);
        NDArray part = flat.get(new NDIndex("{}:{}", offset, offset + elements))) {
      // Both are views: the buffer's address is inside the array and outlives them.
      return MemorySegment.ofBuffer(((PtNDArray) part).toByteBuffer(true));
    }
  }
}
