package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
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
import org.jspecify.annotations.Nullable;

/**
 * Widens a checkpoint's files of one kind (weights or optimizer state) while they are consumed. As
 * many portions as the memory allows are widened in parallel. They are returned in order, so that
 * the same expansion writes the same bytes. {@link #next} returns large tensors piece by piece.
 */
public final class WidenedTensors implements TensorSequence {

  private static final int MAX_PORTIONS = 64;

  /** Returned for rows of zeros, which need not be computed, checked or held in memory. */
  private static final MemorySegment ZEROS = Arena.global().allocate(1 << 20, 64);

  private final ObjectStore store;
  private final PortionLayout layout;
  private final SourceDigests digests;
  private final StreamSettings settings;
  private final PortionWidener widener;
  private final Buffers buffers;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Iterator<Portion> waiting;
  private final Deque<InFlight> inFlight = new ArrayDeque<>();
  private final Map<String, RowSums> sums = new LinkedHashMap<>();
  private @Nullable InFlight open;

  // Position in the open portion: the range, the number of its bytes returned, and its offset.
  private int range;
  private long delivered;
  private long offset;

  /** A portion and the memory that it holds until it is written and hashed. */
  private record InFlight(
      Portion portion, MemorySegment buffer, Future<List<RowSums>> sums, Deque<Future<?>> hashed) {

    MemorySegment source() {
      return buffer.asSlice(0, portion.sourceBytes());
    }

    MemorySegment target() {
      return buffer.asSlice(portion.sourceBytes(), portion.computedBytes());
    }
  }

  /**
   * Starts the first portions.
   *
   * @param store store of the source files
   * @param digests digests of the source files; not closed with this sequence
   */
  public WidenedTensors(
      ObjectStore store, PortionLayout layout, SourceDigests digests, StreamSettings settings) {
    this.store = store;
    this.layout = layout;
    this.digests = digests;
    this.settings = settings;
    this.widener = new PortionWidener(store, layout.files(), settings);
    this.waiting = layout.portions().iterator();
    long portionBytes = Math.max(1, layout.largestPortion());
    this.buffers =
        new Buffers(
            (int) Math.min(MAX_PORTIONS, settings.memoryBytes() / portionBytes), portionBytes);
    startPortions();
  }

  /** Returns the memory of two portions, in bytes: one is written while the next is read. */
  public static long minimumMemory(PortionLayout layout) {
    return 2 * layout.largestPortion();
  }

  @Override
  public List<TensorSpec> tensors() {
    return layout.tensors();
  }

  /**
   * {@inheritDoc}
   *
   * @throws ExpansionStopped if a stop is requested
   * @throws CorruptCheckpoint if a row differs from the plan, or the source is damaged
   * @throws UserError if the source contains values that are not finite
   */
  @Override
  public MemorySegment next() {
    if (open == null || range == open.portion().ranges().size()) {
      openNext();
    }
    InFlight current = Objects.requireNonNull(open);
    RowRange next = current.portion().ranges().get(range);
    MemorySegment values =
        next.isZero()
            ? ZEROS.asSlice(0, Math.min(ZEROS.byteSize(), next.bytes() - delivered))
            : current.target().asSlice(offset, next.bytes());
    delivered += values.byteSize();
    if (delivered == next.bytes()) {
      offset += next.computedBytes();
      range++;
      delivered = 0;
    }
    return values;
  }

  /** Returns the sums of each tensor, once all are widened. */
  public Map<String, RowSums> sums() {
    releaseOpen();
    return Collections.unmodifiableMap(sums);
  }

  private void openNext() {
    releaseOpen();
    if (settings.stopRequested().getAsBoolean()) {
      throw new ExpansionStopped();
    }
    startPortions();
    InFlight current = inFlight.poll();
    if (current == null) {
      throw new NoSuchElementException("all tensors are widened");
    }
    List<RowSums> done = Futures.await(current.sums());
    current.hashed().add(digests.add(current.portion(), current.source()));
    for (int i = 0; i < done.size(); i++) {
      String tensor = current.portion().ranges().get(i).plan().name();
      checkFinite(current.portion(), tensor, done.get(i));
      sums.merge(tensor, done.get(i), RowSums::plus);
    }
    settings.progress().accept(current.portion().bytes());
    open = current;
    range = 0;
    delivered = 0;
    offset = 0;
  }

  private void checkFinite(Portion portion, String tensor, RowSums rows) {
    if (!Double.isFinite(rows.oldSquares())) {
      String file = store.location(layout.files().get(portion.file()).object().key());
      throw new UserError(
          file
              + ": "
              + tensor
              + " holds values that are not finite; a model that diverged cannot be widened, so"
              + " train it with a lower learning rate");
    }
    if (!Double.isFinite(rows.wideSquares())) {
      throw new CorruptCheckpoint(
          settings.location() + ": " + tensor + " would hold values that are not finite");
    }
  }

  private void startPortions() {
    while (waiting.hasNext() && !buffers.isExhausted()) {
      Portion portion = waiting.next();
      MemorySegment buffer = buffers.acquire();
      MemorySegment source = buffer.asSlice(0, portion.sourceBytes());
      MemorySegment target = buffer.asSlice(portion.sourceBytes(), portion.computedBytes());
      inFlight.add(
          new InFlight(
              portion,
              buffer,
              threads.submit(() -> widener.widen(portion, source, target)),
              new ArrayDeque<>()));
    }
  }

  private void releaseOpen() {
    if (open != null) {
      open.hashed().forEach(Futures::await);
      buffers.release(open.buffer());
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
