package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Remembers what was read, in order, and calls somebody before each read. */
final class ObservedObjectStore extends ForwardingObjectStore {

  final List<String> reads = new CopyOnWriteArrayList<>();
  private final Consumer<String> beforeRead;

  ObservedObjectStore(ObjectStore behind, Consumer<String> beforeRead) {
    super(behind);
    this.beforeRead = beforeRead;
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    reads.add(object.key());
    beforeRead.accept(object.key());
    super.read(object, offset, target);
  }
}
