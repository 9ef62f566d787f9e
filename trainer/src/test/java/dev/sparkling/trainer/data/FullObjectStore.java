package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ForwardingObjectUpload;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;

/** A store whose disk is full after a number of bytes. */
final class FullObjectStore extends ForwardingObjectStore {

  private long room;

  FullObjectStore(ObjectStore disk, long room) {
    super(disk);
    this.room = room;
  }

  @Override
  public ObjectUpload create(String key) {
    return new ForwardingObjectUpload(super.create(key)) {
      @Override
      public void write(MemorySegment bytes) {
        room -= bytes.byteSize();
        if (room < 0) {
          throw new UserError("disk: the disk is full");
        }
        super.write(bytes);
      }
    };
  }
}
