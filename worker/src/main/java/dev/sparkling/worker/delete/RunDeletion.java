package dev.sparkling.worker.delete;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.layout.RunLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Deletes the objects of a run: manifests first, so that readers never find a partially deleted
 * checkpoint, then the rest, and the fence last, so that no writer can be admitted meanwhile. An
 * interrupted deletion is completed by the next one.
 *
 * @param objects objects of the run
 * @param others other objects below the same root, which are never deleted
 */
record RunDeletion(List<StoredObject> objects, List<StoredObject> others) {

  RunDeletion {
    objects = List.copyOf(objects);
    others = List.copyOf(others);
  }

  /** Finds the objects of a run with any stage names. */
  static RunDeletion ofAnyRun(ObjectStore store) {
    return of(store, RunLayout.keysOfAnyRun());
  }

  /** Finds the objects of a run with these stages. */
  static RunDeletion ofRun(ObjectStore store, Collection<String> stages) {
    return of(store, RunLayout.keysOf(stages));
  }

  private static RunDeletion of(ObjectStore store, Predicate<String> isOurs) {
    List<StoredObject> objects = new ArrayList<>();
    List<StoredObject> others = new ArrayList<>();
    for (StoredObject object : store.list("")) {
      (isOurs.test(object.key()) ? objects : others).add(object);
    }
    return new RunDeletion(objects, others);
  }

  long bytes() {
    return objects.stream().mapToLong(StoredObject::size).sum();
  }

  /**
   * Deletes the objects. Writers must have been locked out before the objects were found.
   *
   * @return false if a stop was requested before all objects were deleted
   */
  boolean run(ObjectStore store, BooleanSupplier stopRequested) {
    List<StoredObject> order = new ArrayList<>(objects);
    order.sort(Comparator.comparing(RunDeletion::rank));
    for (StoredObject object : order) {
      if (stopRequested.getAsBoolean()) {
        return false;
      }
      store.delete(object.key());
    }
    return true;
  }

  private static int rank(StoredObject object) {
    return object.key().endsWith("/" + Manifest.NAME)
        ? 0
        : object.key().equals(RunLayout.FENCE) ? 2 : 1;
  }
}
