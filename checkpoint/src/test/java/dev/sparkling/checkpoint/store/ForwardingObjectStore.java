package dev.sparkling.checkpoint.store;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Forwards to another store, for test doubles that override some methods. Close does nothing. */
public abstract class ForwardingObjectStore implements ObjectStore {

  private final ObjectStore behind;

  protected ForwardingObjectStore(ObjectStore behind) {
    this.behind = behind;
  }

  @Override
  public ObjectUpload create(String key) {
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
  public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
    return behind.replace(key, expected, bytes);
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
