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

/** libtorch in this process. Its number of threads is the process's, so there is one of it. */
public final class Torch {

  private final Engine engine;
  private final ai.djl.Device device;

  private Torch(Engine engine, ai.djl.Device device) {
    this.engine = engine;
    this.device = device;
  }

  /**
   * Loads libtorch, or sets the threads of the one that is loaded.
   *
   * @param threads number of threads of each operation on the CPU; results are bitwise the same for
   *     the same number only
   * @throws UserError where a GPU is required and this libtorch is built without CUDA
   * @throws TransientError where libtorch can use no GPU of this machine; another may have one
   */
  public static Torch start(int threads, Device device) {
    // DJL must not download anything: an air-gapped cluster has to behave like a laptop.
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
   * Creates a first array on the GPU, because only libtorch knows where it finds CUDA's library.
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
   * Sets libtorch's settings of the calling thread. The number of threads is also MKL's, which has
   * one for the process.
   *
   * @param threads number of threads of each operation that the calling thread starts
   */
  static void prepareThread(int threads) {
    JniUtils.setNumThreads(threads);
    // The simple executor. The optimizing one profiles the first calls and, on a GPU, fuses
    // operations of later ones, so that a resumed run would round differently; without autograd it
    // is no faster.
    JniUtils.setGraphExecutorOptimize(false);
  }

  /** The device that was chosen: {@link Device#CPU} or {@link Device#CUDA}. */
  public Device device() {
    return device.isGpu() ? Device.CUDA : Device.CPU;
  }

  /** Memory of this machine, or of the container that the process runs in. */
  public static long hostMemoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** Creates an owner of arrays on the device. */
  public NDManager newManager() {
    return engine.newBaseManager(device);
  }

  /** Creates an owner of arrays in the host's memory. */
  public NDManager newHostManager() {
    return engine.newBaseManager(ai.djl.Device.cpu());
  }

  /** Whether a manager's arrays lie in the host's memory, where {@link #memory} reaches them. */
  public static boolean isOnHost(NDManager manager) {
    return !manager.getDevice().isGpu();
  }

  /**
   * Allocates, if there is enough memory.
   *
   * @return empty where libtorch could not allocate it
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
   * Runs work that may need more memory than there is.
   *
   * @param otherwise function of the failed allocation's exception that makes the one to throw
   */
  public static <T> T withinMemory(
      Supplier<T> work, Function<RuntimeException, ? extends RuntimeException> otherwise) {
    try {
      return work.get();
    } catch (EngineException e) {
      throw isOutOfMemory(e) ? otherwise.apply(e) : e;
    }
  }

  /** Recognizes libtorch's messages of its CPU and CUDA allocators. */
  private static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("can't allocate memory") || message.contains("out of memory");
  }

  /** libtorch's version. */
  public String version() {
    return engine.getVersion();
  }

  /**
   * The memory of a slice of a contiguous array on the CPU, valid as long as the array is open.
   *
   * @param offset index of the first element in the flattened array
   * @param elements number of elements, together at most 2 GiB
   */
  public static MemorySegment memory(NDArray array, long offset, long elements) {
    try (NDArray flat = array.reshape(-1);
        NDArray part = flat.get(new NDIndex("{}:{}", offset, offset + elements))) {
      // Both are views: the buffer's address lies inside of the array and outlives them.
      return MemorySegment.ofBuffer(((PtNDArray) part).toByteBuffer(true));
    }
  }
}
