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

/** libtorch in this process. It has one number of threads, so that there is one of it. */
public final class Torch {

  private final Engine engine;
  private final ai.djl.Device device;

  private Torch(Engine engine, ai.djl.Device device) {
    this.engine = engine;
    this.device = device;
  }

  /**
   * Starts libtorch, or sets the threads of the one that runs.
   *
   * @param threads of each operation on the CPU; results are bitwise equal for equal counts only
   * @throws UserError where a GPU is asked for and this libtorch cannot use any
   * @throws TransientError where it could, and sees none: another node may have one that works
   */
  public static Torch start(int threads, Device device) {
    // Nothing is ever downloaded: an air-gapped cluster must behave like a laptop.
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
          "--device: cuda, and this libtorch "
              + engine.getVersion()
              + " is built without CUDA; allowed here: auto, cpu");
    }
    Optional<EngineException> refusal = built ? refusal(engine) : Optional.empty();
    if (device == Device.CUDA && refusal.isPresent()) {
      throw new TransientError(
          "--device: cuda, and libtorch can use no GPU; is there one, and does its driver work?",
          refusal.get());
    }
    return built && refusal.isEmpty() ? ai.djl.Device.gpu() : ai.djl.Device.cpu();
  }

  /** Asks libtorch, by a first array, and not CUDA's library, which may be where only it looks. */
  private static Optional<EngineException> refusal(Engine engine) {
    try (NDManager manager = engine.newBaseManager(ai.djl.Device.gpu())) {
      manager.create(1f).getFloat();
      return Optional.empty();
    } catch (EngineException e) {
      return Optional.of(e);
    }
  }

  /**
   * Sets what each thread that computes has for itself. The number of threads is also the
   * process's, for MKL.
   *
   * @param threads of each operation that it calls
   */
  static void prepareThread(int threads) {
    JniUtils.setNumThreads(threads);
    // The simple executor. The other one profiles its first calls and, on a GPU, fuses later ones,
    // so that a resumed run would round otherwise; with no gradients it is no faster.
    JniUtils.setGraphExecutorOptimize(false);
  }

  /** The one that was chosen: {@link Device#CPU} or {@link Device#CUDA}. */
  public Device device() {
    return device.isGpu() ? Device.CUDA : Device.CPU;
  }

  /** The host's memory: of this machine or of the container that this runs in. */
  public static long hostMemoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** A new owner of arrays, on the device. */
  public NDManager newManager() {
    return engine.newBaseManager(device);
  }

  /** A new owner of arrays in the host's memory. */
  public NDManager newHostManager() {
    return engine.newBaseManager(ai.djl.Device.cpu());
  }

  /** Whether a manager's arrays lie in the host's memory, where {@link #memory} reaches them. */
  public static boolean isOnHost(NDManager manager) {
    return !manager.getDevice().isGpu();
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
