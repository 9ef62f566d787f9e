package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import java.util.function.Consumer;

/** A store that asks somebody before it begins an object, who may take his time or throw. */
final class GatedObjectStore extends ForwardingObjectStore {

  private final Consumer<String> gate;

  /**
   * A store with a gate.
   *
   * @param gate told the key
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
