package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Records reads in order, after a call to an observer before each. */
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
