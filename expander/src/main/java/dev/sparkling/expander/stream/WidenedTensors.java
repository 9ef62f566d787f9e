package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's files of one kind, widened while they are asked for. As many portions are under
 * way as the memory allows; they come out in order, so that the same expansion writes the same
 * bytes.
 */
public final class WidenedTensors implements TensorSequence {

  private static final int MOST_PORTIONS = 64;

  /** Given again and again for rows of zeros, which need not be made, looked at or kept. */
  private static final MemorySegment ZEROS = Arena.global().allocate(1 << 20, 64);

  private final Layout layout;
  private final PortionWidener widener;
  private final SourceDigests digests;
  private final BooleanSupplier stopRequested;
  private final LongConsumer progress;
  private final ObjectStore store;
  private final List<TensorFile> files;
  private final Buffers buffers;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Iterator<Portion> waiting;
  private final Deque<UnderWay> underWay = new ArrayDeque<>();
  private final Map<String, RowSums> sums = new LinkedHashMap<>();
  private @Nullable UnderWay open;

  // Of the open portion: the next piece, what was given of it, and where it begins.
  private int piece;
  private long given;
  private long offset;

  /** Thrown instead of the next piece: whoever writes them knows no other way to end early. */
  public static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("asked to stop", null, false, false);
    }
  }

  /** A portion and what it holds of memory until it is written and hashed. */
  private record UnderWay(
      Portion portion, MemorySegment buffer, Future<List<RowSums>> sums, Deque<Future<?>> hashed) {

    MemorySegment source() {
      return buffer.asSlice(0, portion.sourceBytes());
    }

    MemorySegment target() {
      return buffer.asSlice(portion.sourceBytes(), portion.madeBytes());
    }
  }

  /**
   * Begins with the first portions.
   *
   * @param digests told of all that is read; stays open
   * @param memoryBytes at least {@link #leastMemory}
   * @param stopRequested asked before every portion
   * @param progress told of the bytes of every portion that is widened
   */
  public WidenedTensors(
      ObjectStore store,
      List<TensorFile> files,
      Layout layout,
      SourceDigests digests,
      long seed,
      long memoryBytes,
      BooleanSupplier stopRequested,
      LongConsumer progress) {
    this.layout = layout;
    this.widener = new PortionWidener(store, files, seed);
    this.digests = digests;
    this.stopRequested = stopRequested;
    this.progress = progress;
    this.store = store;
    this.files = files;
    this.waiting = layout.portions().iterator();
    long portionBytes = Math.max(1, layout.largestPortion());
    this.buffers =
        new Buffers((int) Math.min(MOST_PORTIONS, memoryBytes / portionBytes), portionBytes);
    begin();
  }

  /** One portion is written while the next is read. */
  public static long leastMemory(Layout layout) {
    return 2 * layout.largestPortion();
  }

  @Override
  public List<TensorSpec> tensors() {
    return layout.tensors();
  }

  @Override
  public MemorySegment next() {
    if (open == null || piece == open.portion().pieces().size()) {
      openNext();
    }
    UnderWay current = Objects.requireNonNull(open);
    Piece next = current.portion().pieces().get(piece);
    MemorySegment values =
        next.isZero()
            ? ZEROS.asSlice(0, Math.min(ZEROS.byteSize(), next.bytes() - given))
            : current.target().asSlice(offset, next.bytes());
    given += values.byteSize();
    if (given == next.bytes()) {
      offset += next.madeBytes();
      piece++;
      given = 0;
    }
    return values;
  }

  /** Sums of each tensor, when all are widened. */
  public Map<String, RowSums> sums() {
    release();
    return Collections.unmodifiableMap(sums);
  }

  private void openNext() {
    release();
    if (stopRequested.getAsBoolean()) {
      throw new Stopped();
    }
    begin();
    UnderWay current = underWay.poll();
    if (current == null) {
      throw new NoSuchElementException("all tensors are widened");
    }
    List<RowSums> done = Futures.await(current.sums());
    current.hashed().add(digests.add(current.portion(), current.source()));
    for (int i = 0; i < done.size(); i++) {
      String tensor = current.portion().pieces().get(i).plan().name();
      checkFinite(current.portion(), tensor, done.get(i));
      sums.merge(tensor, done.get(i), RowSums::plus);
    }
    progress.accept(current.portion().bytes());
    open = current;
    piece = 0;
    given = 0;
    offset = 0;
  }

  private void checkFinite(Portion portion, String tensor, RowSums rows) {
    if (!Double.isFinite(rows.oldSquares()) || !Double.isFinite(rows.newSquares())) {
      throw new UserError(
          store.location(files.get(portion.file()).object().key())
              + ": "
              + tensor
              + " holds values that are not finite; a model that diverged cannot be widened, so"
              + " train it with a lower rate");
    }
  }

  private void begin() {
    while (waiting.hasNext() && !buffers.isExhausted()) {
      Portion portion = waiting.next();
      MemorySegment buffer = buffers.take();
      MemorySegment source = buffer.asSlice(0, portion.sourceBytes());
      MemorySegment target = buffer.asSlice(portion.sourceBytes(), portion.madeBytes());
      underWay.add(
          new UnderWay(
              portion,
              buffer,
              threads.submit(() -> widener.widen(portion, source, target)),
              new ArrayDeque<>()));
    }
  }

  private void release() {
    if (open != null) {
      open.hashed().forEach(Futures::await);
      buffers.giveBack(open.buffer());
      open = null;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    buffers.close();
  }
}
