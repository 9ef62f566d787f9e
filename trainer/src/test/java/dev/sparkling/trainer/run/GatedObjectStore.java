package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.checkpoint.store.StoredObject;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A store that asks somebody before it begins an object, who may take his time or throw.
 *
 * @param gate told the key
 */
record GatedObjectStore(ObjectStore behind, Consumer<String> gate) implements ObjectStore {

  @Override
  public ObjectUpload create(String key) {
    gate.accept(key);
    return behind.create(key);
  }

  @Override
  public String location(String key) {
    return behind.location(key);
  }

  @Override
  public Optional<StoredObject> find(String key) {
    return behind.find(key);
  }

  @Override
  public List<StoredObject> list(String prefix) {
    return behind.list(prefix);
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    behind.read(object, offset, target);
  }

  @Override
  public void delete(String key) {
    behind.delete(key);
  }

  @Override
  public int discardUnfinished(String prefix) {
    return behind.discardUnfinished(prefix);
  }

  @Override
  public void close() {}
}
