package dev.sparkling.cli.pod;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Deletes what a run has stored: manifests first, so that no reader meets a checkpoint that goes,
 * then the rest. Begun again after an interruption, it goes on.
 *
 * @param objects of the run
 * @param others what else is below the same root; never touched
 */
public record RunDeletion(List<StoredObject> objects, List<StoredObject> others) {

  private static final String WITHIN_A_STAGE =
      "/(checkpoints/step-\\d{8,}/[^/]+|expansion/[^/]+|metrics\\.(jsonl|arrow)"
          + "|events\\.out\\.tfevents\\.\\d{10,}\\.sparkling"
          + "|not-finite-step-\\d{8,}\\.json)";

  /** A run's stage, or the control of a local run. */
  private static final String ANY_STAGE = "(" + ProgressiveTraining.NAME + "|control\\.narrow)";

  private static final String REPORT = "report.html";

  public RunDeletion {
    objects = List.copyOf(objects);
    others = List.copyOf(others);
  }

  /** Finds what looks like a run's, whatever its stages' names. */
  public static RunDeletion ofAnyRun(ObjectStore store) {
    return of(store, Pattern.compile(ANY_STAGE + WITHIN_A_STAGE));
  }

  /** Finds what is of a run with these stages. */
  public static RunDeletion ofRun(ObjectStore store, Collection<String> stages) {
    List<String> names = stages.stream().map(Pattern::quote).toList();
    return of(store, Pattern.compile("(" + String.join("|", names) + ")" + WITHIN_A_STAGE));
  }

  private static RunDeletion of(ObjectStore store, Pattern run) {
    List<StoredObject> objects = new ArrayList<>();
    List<StoredObject> others = new ArrayList<>();
    for (StoredObject object : store.list("")) {
      boolean isOurs = object.key().equals(REPORT) || run.matcher(object.key()).matches();
      (isOurs ? objects : others).add(object);
    }
    return new RunDeletion(objects, others);
  }

  public long bytes() {
    return objects.stream().mapToLong(StoredObject::size).sum();
  }

  /** Deletes; false where it was asked to stop before the end. */
  public boolean run(ObjectStore store, BooleanSupplier stopRequested) {
    List<StoredObject> order = new ArrayList<>(objects.stream().filter(this::isManifest).toList());
    order.addAll(objects.stream().filter(object -> !isManifest(object)).toList());
    for (StoredObject object : order) {
      if (stopRequested.getAsBoolean()) {
        return false;
      }
      store.delete(object.key());
    }
    return true;
  }

  private boolean isManifest(StoredObject object) {
    return object.key().endsWith("/" + Manifest.NAME);
  }
}
