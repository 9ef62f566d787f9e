package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A disk with room for so many bytes. */
final class FullObjectStore implements ObjectStore {

  private final ObjectStore disk;
  private long room;

  FullObjectStore(ObjectStore disk, long room) {
    this.disk = disk;
    this.room = room;
  }

  @Override
  public ObjectUpload create(String key) {
    ObjectUpload upload = disk.create(key);
    return new ObjectUpload() {
      @Override
      public void write(MemorySegment bytes) {
        room -= bytes.byteSize();
        if (room < 0) {
          throw new UserError("disk: the disk is full");
        }
        upload.write(bytes);
      }

      @Override
      public void finish() {
        upload.finish();
      }

      @Override
      public void commit() {
        upload.commit();
      }

      @Override
      public void close() {
        upload.close();
      }
    };
  }

  @Override
  public String location(String key) {
    return disk.location(key);
  }

  @Override
  public Optional<StoredObject> find(String key) {
    return disk.find(key);
  }

  @Override
  public List<StoredObject> list(String prefix) {
    return disk.list(prefix);
  }

  @Override
  public void read(StoredObject object, long offset, MemorySegment target) {
    disk.read(object, offset, target);
  }

  @Override
  public void delete(String key) {
    disk.delete(key);
  }

  @Override
  public int discardUnfinished(String prefix) {
    return disk.discardUnfinished(prefix);
  }

  @Override
  public void close() {}
}
