package dev.sparkling.worker.run;

import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command's work on a run, both on a laptop and in a pod. {@link #open} only reads; {@link
 * #begin} locks the run, checks that the stored checkpoints belong to it, becomes its only writer
 * and records its settings.
 */
public final class RunSession implements AutoCloseable {

  private final Assignment assignment;
  private final RunPlan plan;
  private final ObjectStore store;
  private final RecordedSettings settings;
  private final List<String> warnings;
  private @Nullable RunLock lock;
  private @Nullable RunWriter writer;

  private RunSession(
      Assignment assignment, ObjectStore store, RecordedSettings settings, List<String> warnings) {
    this.assignment = assignment;
    this.plan = RunPlan.of(assignment.resource().spec());
    this.store = store;
    this.settings = settings;
    this.warnings = warnings;
  }

  /**
   * Opens the run's store and resolves the settings that the run was started with; writes nothing.
   */
  public static RunSession open(Assignment assignment) {
    return open(assignment, System.getenv());
  }

  /**
   * Opens the run's store with the credentials from given variables.
   *
   * @param environment variables as {@link System#getenv()} returns them
   */
  public static RunSession open(Assignment assignment, Map<String, String> environment) {
    ProgressiveTrainingSpec alone = assignment.resource().spec();
    ObjectStore store = StoreAccess.open(assignment.store(), alone.storage(), environment);
    try {
      RecordedSettings settings = RecordedSettings.read(store, RunPlan.of(alone));
      Assignment resolved = resolved(assignment, settings, store);
      return new RunSession(
          resolved, store, settings, settings.warnings(alone, resolved.resource().spec()));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static Assignment resolved(
      Assignment assignment, RecordedSettings settings, ObjectStore store) {
    try {
      return settings.resolve(assignment);
    } catch (UserError e) {
      // Settings that contradict the record are edits, which the identity check reports one by one.
      ProgressiveTrainingSpec alone = assignment.resource().spec();
      new RunIdentity(alone, RunPlan.of(alone), Optional.empty()).check(store);
      throw e;
    }
  }

  /**
   * Locks the run, checks that the stored checkpoints belong to it, becomes its only writer, and
   * records its settings.
   *
   * @param data fingerprints of the training data; empty if they need not be compared, because the
   *     data is not opened
   * @throws UserError if another process is working on the run, if it has another owner, or if
   *     settings that it has already used have changed; the message then names them all
   * @throws TransientError if another process starts the run at the same time
   */
  public void begin(Optional<RunIdentity.DataFingerprints> data) {
    lock = RunLock.acquire(assignment.store());
    new RunIdentity(spec(), plan, data).check(store);
    RunWriter admitted = RunWriter.begin(store, assignment.owner().get());
    admitted.pin(List.of(RunLayout.SETTINGS));
    // Another writer may have started the run or committed a checkpoint since the check above.
    new RunIdentity(spec(), plan, data).check(store);
    if (RecordedSettings.read(store, plan).isNewerThan(settings)) {
      throw new TransientError(
          store.location("") + ": another process has started this run in the meantime; try again",
          null);
    }
    settings.record(spec(), admitted);
    plan.stages().stream()
        .filter(stage -> stage.expansion() != null)
        .forEach(stage -> admitted.adoptExpansion(stage.name()));
    writer = admitted;
  }

  /**
   * Checks that the run could begin: that the stored checkpoints belong to it, that no one else
   * owns them, and that the store takes objects. Writes and deletes one object.
   *
   * @throws UserError if something has to change first
   */
  public void check() {
    new RunIdentity(spec(), plan, Optional.empty()).check(store);
    RunWriter.check(store, assignment.owner().get());
  }

  /** Returns the writer of the run, which has begun. */
  public RunWriter writer() {
    return Objects.requireNonNull(writer, "the run has not begun");
  }

  /** Returns the job document or resource file. */
  public Path file() {
    return assignment.file();
  }

  /** Returns the resource, with the settings that the run was started with. */
  public ProgressiveTraining resource() {
    return assignment.resource();
  }

  public ProgressiveTrainingSpec spec() {
    return resource().spec();
  }

  public RunPlan plan() {
    return plan;
  }

  /** Returns the store, rooted at the run. */
  public ObjectStore store() {
    return store;
  }

  /**
   * Returns a sentence for each setting whose recorded value differs from this version's default.
   */
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    store.close();
    if (lock != null) {
      lock.close();
    }
  }
}
