package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import java.util.function.Consumer;

/** A store that calls a gate before it creates an object; the gate may block or throw. */
final class GatedObjectStore extends ForwardingObjectStore {

  private final Consumer<String> gate;

  /**
   * Creates a store.
   *
   * @param gate receives the key
   */
  GatedObjectStore(ObjectStore behind, Consumer<String> gate) {
    super(behind);
    this.gate = gate;
  }

  @Override
  public ObjectUpload create(String key) {
    gate.accept(key);
    return super.create(key);
  }
}
