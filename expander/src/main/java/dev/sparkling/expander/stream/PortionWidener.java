package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.widen.Distribution;
import dev.sparkling.expander.widen.DistributionSums;
import dev.sparkling.expander.widen.RowCheck;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.expander.widen.TensorWidener;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Reads, widens and checks portions. Thread-safe. */
final class PortionWidener {

  /** Number of bytes per request when a tensor is read only for its distribution. */
  private static final long READ_BYTES = 4L << 20;

  private final ObjectStore store;
  private final List<TensorFile> files;
  private final StreamSettings settings;

  /** Distributions of tensors that do not fit into one portion, by name. */
  private final Map<String, Distribution> distributions = new ConcurrentHashMap<>();

  /** Limits widening to one portion per core; reading is not limited, because it waits for I/O. */
  private final Semaphore cores = new Semaphore(Runtime.getRuntime().availableProcessors());

  PortionWidener(ObjectStore store, List<TensorFile> files, StreamSettings settings) {
    this.store = store;
    this.files = files;
    this.settings = settings;
  }

  /**
   * Widens a portion.
   *
   * @param source buffer of the portion's source bytes
   * @param target buffer of the portion's computed bytes
   * @return sums of each range
   */
  List<RowSums> widen(Portion portion, MemorySegment source, MemorySegment target)
      throws InterruptedException {
    if (source.byteSize() > 0) {
      store.read(object(portion), portion.sourceOffset(), source);
    }
    List<Distribution> known = new ArrayList<>();
    for (RowRange range : portion.ranges()) {
      known.add(distribution(portion, range, source));
    }
    cores.acquire();
    try {
      List<RowSums> sums = new ArrayList<>();
      long offset = 0;
      for (int i = 0; i < portion.ranges().size(); i++) {
        RowRange range = portion.ranges().get(i);
        if (range.isZero()) {
          sums.add(RowSums.NONE);
          continue;
        }
        MemorySegment rows = target.asSlice(offset, range.bytes());
        sums.add(widen(range, known.get(i), sourceOf(portion, range, source), rows));
        offset += range.bytes();
      }
      return sums;
    } finally {
      cores.release();
    }
  }

  private RowSums widen(
      RowRange range, Distribution distribution, MemorySegment source, MemorySegment target) {
    TensorPlan plan = range.plan();
    DType type = range.source().dtype();
    TensorWidener widener = new TensorWidener(plan, type, settings.seed(), distribution);
    RowCheck check = new RowCheck(settings.location(), plan, type);
    boolean isCopied = plan.widening().newRows() == NewEntries.COPY;
    long firstSource = range.firstRow() % plan.rows();
    for (long i = 0; i < range.rows(); i++) {
      long row = range.firstRow() + i;
      boolean hasSource = row < plan.rows() || isCopied;
      long sourceOffset =
          hasSource ? (row % plan.rows() - firstSource) * range.sourceRowBytes() : 0;
      long offset = i * range.rowBytes();
      widener.widen(row, source, sourceOffset, target, offset);
      check.check(row, source, sourceOffset, target, offset);
    }
    return check.sums();
  }

  private Distribution distribution(Portion portion, RowRange range, MemorySegment source) {
    if (!range.plan().needsDistribution()) {
      return Distribution.NONE;
    }
    if (range.isWhole()) {
      DistributionSums sums = new DistributionSums(range.source().dtype());
      sums.add(sourceOf(portion, range, source));
      return sums.distribution();
    }
    long distanceToStart = range.firstRow() % range.plan().rows() * range.sourceRowBytes();
    long start = range.sourceOffset() - distanceToStart;
    return distributions.computeIfAbsent(
        range.plan().name(), _ -> readDistribution(object(portion), start, range));
  }

  private Distribution readDistribution(StoredObject object, long start, RowRange range) {
    DistributionSums sums = new DistributionSums(range.source().dtype());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(READ_BYTES);
      long bytes = range.source().bytes();
      for (long done = 0; done < bytes; done += READ_BYTES) {
        MemorySegment part = buffer.asSlice(0, Math.min(READ_BYTES, bytes - done));
        store.read(object, start + done, part);
        sums.add(part);
      }
    }
    return sums.distribution();
  }

  private StoredObject object(Portion portion) {
    return files.get(portion.file()).object();
  }

  private static MemorySegment sourceOf(Portion portion, RowRange range, MemorySegment source) {
    return source.asSlice(range.sourceOffset() - portion.sourceOffset(), range.sourceBytes());
  }
}
