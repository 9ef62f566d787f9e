package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Objects in memory, for tests, with the contract of the real stores. */
public final class InMemoryObjectStore implements ObjectStore {

  private final NavigableMap<String, Entry> entries = new ConcurrentSkipListMap<>();
  private final Map<Object, String> unfinished = new ConcurrentHashMap<>();
  private final AtomicLong versions = new AtomicLong();

  @Override
  public String location(String key) {
    return "memory:" + key;
  }

  @Override
  public Optional<StoredObject> find(String key) {
    return Optional.ofNullable(entries.get(Keys.check(key))).map(entry -> entry.object(key));
  }

  @Override
  public List<StoredObject> list(String prefix) {
    return entries.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .map(entry -> entry.getValue().object(entry.getKey()))
        .toList();
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    Entry entry = entries.get(object.key());
    if (entry == null || !entry.version().equals(object.version())) {
      throw new CorruptCheckpoint(location(object.key()) + ": was overwritten or is gone");
    }
    if (offset + target.byteSize() > entry.size()) {
      throw new CorruptCheckpoint(
          location(object.key()) + ": ends at byte " + entry.size() + " before the range does");
    }
    MemorySegment.copy(entry.bytes(), offset, target, 0, target.byteSize());
  }

  @Override
  public ObjectUpload create(String key) {
    Keys.check(key);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Object id = new Object();
    unfinished.put(id, key);
    return new ObjectUpload() {
      @Override
      public void write(MemorySegment bytes) {
        out.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE));
      }

      @Override
      public void finish() {}

      @Override
      public void commit() {
        unfinished.remove(id);
        MemorySegment bytes = MemorySegment.ofArray(out.toByteArray());
        entries.put(
            key, new Entry(bytes, Long.toString(versions.incrementAndGet()), Instant.now()));
      }

      @Override
      public void close() {
        unfinished.remove(id);
      }
    };
  }

  @Override
  public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
    String version = Long.toString(versions.incrementAndGet());
    Entry written =
        entries.compute(
            Keys.check(key),
            (_, now) ->
                Optional.ofNullable(now).map(Entry::version).equals(expected)
                    ? new Entry(MemorySegment.ofArray(bytes.clone()), version, Instant.now())
                    : now);
    return Optional.ofNullable(written).map(Entry::version).filter(version::equals);
  }

  @Override
  public void delete(String key) {
    entries.remove(Keys.check(key));
  }

  @Override
  public int discardUnfinished(String prefix) {
    int before = unfinished.size();
    unfinished.values().removeIf(key -> key.startsWith(prefix));
    return before - unfinished.size();
  }

  @Override
  public void close() {}

  private record Entry(MemorySegment bytes, String version, Instant modified) {
    long size() {
      return bytes.byteSize();
    }

    StoredObject object(String key) {
      return new StoredObject(key, size(), version, modified);
    }
  }
}
