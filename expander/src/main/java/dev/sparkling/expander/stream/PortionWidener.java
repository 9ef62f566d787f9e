package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.TensorFile;
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

/** Reads, widens and checks a portion. For several threads, each with a portion of its own. */
final class PortionWidener {

  /** Of a tensor that is read for its distribution alone. */
  private static final long READ_BYTES = 4L << 20;

  private final ObjectStore store;
  private final List<TensorFile> files;
  private final long seed;

  /** Of tensors that do not fit into one portion, by name. */
  private final Map<String, Distribution> distributions = new ConcurrentHashMap<>();

  /** Reading waits for others; widening needs a core. */
  private final Semaphore cores = new Semaphore(Runtime.getRuntime().availableProcessors());

  PortionWidener(ObjectStore store, List<TensorFile> files, long seed) {
    this.store = store;
    this.files = files;
    this.seed = seed;
  }

  /**
   * Widens a portion.
   *
   * @param source as many bytes as are to be read
   * @param target as many bytes as are to be made
   * @return sums of each piece
   */
  List<RowSums> widen(Portion portion, MemorySegment source, MemorySegment target)
      throws InterruptedException {
    if (source.byteSize() > 0) {
      store.read(object(portion), portion.sourceOffset(), source);
    }
    List<Distribution> known = new ArrayList<>();
    for (Piece piece : portion.pieces()) {
      known.add(distribution(portion, piece, source));
    }
    cores.acquire();
    try {
      List<RowSums> sums = new ArrayList<>();
      long offset = 0;
      for (int i = 0; i < portion.pieces().size(); i++) {
        Piece piece = portion.pieces().get(i);
        if (piece.isZero()) {
          sums.add(RowSums.NONE);
          continue;
        }
        MemorySegment rows = target.asSlice(offset, piece.bytes());
        sums.add(widen(piece, known.get(i), sourceOf(portion, piece, source), rows));
        offset += piece.bytes();
      }
      return sums;
    } finally {
      cores.release();
    }
  }

  private RowSums widen(
      Piece piece, Distribution distribution, MemorySegment source, MemorySegment target) {
    TensorPlan plan = piece.plan();
    TensorWidener widener = new TensorWidener(plan, piece.source().dtype(), seed, distribution);
    RowCheck check = new RowCheck(plan, piece.source().dtype());
    long firstSource = piece.firstRow() % plan.rows();
    for (long i = 0; i < piece.rows(); i++) {
      long row = piece.firstRow() + i;
      boolean hasSource = row < plan.rows() || plan.widening().newRows() == NewEntries.COPY;
      long sourceOffset =
          hasSource ? (row % plan.rows() - firstSource) * piece.sourceRowBytes() : 0;
      long offset = i * piece.rowBytes();
      widener.widen(row, source, sourceOffset, target, offset);
      check.look(row, source, sourceOffset, target, offset);
    }
    return check.sums();
  }

  private Distribution distribution(Portion portion, Piece piece, MemorySegment source) {
    if (!piece.plan().needsDistribution()) {
      return Distribution.NONE;
    }
    if (piece.begins() && piece.ends()) {
      DistributionSums sums = new DistributionSums(piece.source().dtype());
      sums.add(sourceOf(portion, piece, source));
      return sums.distribution();
    }
    // A piece of it lies this far behind the tensor's beginning.
    long before = piece.firstRow() % piece.plan().rows() * piece.sourceRowBytes();
    long begin = piece.sourceOffset() - before;
    return distributions.computeIfAbsent(
        piece.plan().name(), _ -> readDistribution(object(portion), begin, piece));
  }

  private Distribution readDistribution(StoredObject object, long begin, Piece piece) {
    DistributionSums sums = new DistributionSums(piece.source().dtype());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(READ_BYTES);
      long bytes = piece.source().bytes();
      for (long done = 0; done < bytes; done += READ_BYTES) {
        MemorySegment part = buffer.asSlice(0, Math.min(READ_BYTES, bytes - done));
        store.read(object, begin + done, part);
        sums.add(part);
      }
    }
    return sums.distribution();
  }

  private StoredObject object(Portion portion) {
    return files.get(portion.file()).object();
  }

  private static MemorySegment sourceOf(Portion portion, Piece piece, MemorySegment source) {
    return source.asSlice(piece.sourceOffset() - portion.sourceOffset(), piece.sourceBytes());
  }
}
