package dev.sparkling.checkpoint.store;

import java.lang.foreign.MemorySegment;

/** Forwards to another upload, for test doubles that override some methods. */
public abstract class ForwardingObjectUpload implements ObjectUpload {

  private final ObjectUpload behind;

  protected ForwardingObjectUpload(ObjectUpload behind) {
    this.behind = behind;
  }

  @Override
  public void write(MemorySegment bytes) {
    behind.write(bytes);
  }

  @Override
  public void finish() {
    behind.finish();
  }

  @Override
  public void commit() {
    behind.commit();
  }

  @Override
  public void close() {
    behind.close();
  }
}
