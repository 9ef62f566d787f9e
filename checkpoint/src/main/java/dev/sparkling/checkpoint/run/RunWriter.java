package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.layout.RunLayout.StageFolder;
import dev.sparkling.pipeline.layout.RunLayout.WriterMark;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * The one process that may change a run (docs/adr/0021). A writer is admitted by raising the epoch
 * of the run's fence, which locks out the previous writer: it may still write objects with its own
 * epoch in their names, but can commit none of them. Thread-safe.
 */
public final class RunWriter {

  private static final int ATTEMPTS = 5;

  /** Size of the object that {@link #check} writes. */
  private static final int PROBE_BYTES = 1 << 20;

  private final ObjectStore store;
  private final Map<String, Optional<String>> versions = new HashMap<>();
  private StoredFence stored;

  /** Whether the last write of the fence failed, so that it may or may not have succeeded. */
  private boolean uncertain;

  private RunWriter(ObjectStore store, StoredFence stored) {
    this.store = store;
    this.stored = stored;
  }

  /**
   * Becomes the writer of a run.
   *
   * @param store rooted at the run
   * @throws UserError if the run has another owner or is being deleted, or the store does not
   *     support conditional writes
   * @throws TransientError if another process becomes the writer at the same time
   */
  public static RunWriter begin(ObjectStore store, RunOwner owner) {
    String id = UUID.randomUUID().toString();
    Optional<StoredFence> found = StoredFence.read(store);
    Optional<StoredFence> taken =
        found.isPresent()
            ? found
                .get()
                .replaceWith(store, found.get().fence().takenBy(owner, id, store.location("")))
            : StoredFence.create(
                store, Fence.first(owner, id.substring(0, 8), id, RunCheckpoints.unfenced(store)));
    // No second attempt: this process may have been stopped since it read the fence, and must not
    // lock out a writer that has started since.
    RunWriter writer = new RunWriter(store, taken.orElseThrow(() -> busy(store)));
    writer.requireConditionalWrites();
    return writer;
  }

  /**
   * Checks that an owner could become the writer of a run: that the run's fence admits it, and that
   * the store takes an object, which is deleted again.
   *
   * @param store rooted at the run
   * @throws UserError if the run has another owner or is being deleted, or the store refuses
   */
  public static void check(ObjectStore store, RunOwner owner) {
    StoredFence.read(store)
        .ifPresent(found -> found.fence().requireTakeable(owner, store.location("")));
    String key = RunLayout.probe(new WriterMark(0, UUID.randomUUID().toString().substring(0, 8)));
    store.write(key, new byte[PROBE_BYTES]);
    store.delete(key);
  }

  /**
   * Checks that the store refuses writes whose condition does not hold, with an object that only
   * this writer knows.
   */
  private void requireConditionalWrites() {
    String key = RunLayout.probe(stored.fence().mark());
    Optional<String> impossible = Optional.of("0".repeat(32));
    boolean refuses =
        store.replace(key, impossible, new byte[] {'1'}).isEmpty()
            && store.replace(key, Optional.empty(), new byte[] {'2'}).isPresent()
            && store.replace(key, Optional.empty(), new byte[] {'3'}).isEmpty()
            && store.replace(key, impossible, new byte[] {'4'}).isEmpty();
    store.delete(key);
    if (!refuses) {
      throw new UserError(
          store.location(RunLayout.FENCE)
              + ": the server ignores the conditions of writes (If-Match, If-None-Match), so two"
              + " writers could not be kept apart; use a current MinIO or Amazon S3");
    }
  }

  private static TransientError busy(ObjectStore store) {
    return new TransientError(
        store.location(RunLayout.FENCE)
            + ": another process is starting to write to this run; try again",
        null);
  }

  /**
   * Locks out a run's writer, and lets any owner take the run.
   *
   * @return the fence before; empty if the run has none
   * @throws UserError if the run is being deleted
   */
  public static Optional<Fence> release(ObjectStore store) {
    return lockOut(store, fence -> fence.released(store.location("")));
  }

  /**
   * Locks out every writer of a run that is about to be deleted, until its fence is deleted; does
   * nothing if the run has no fence.
   *
   * @param owner the only owner whose run may be deleted; empty for any
   * @throws UserError if the run has another owner
   */
  public static void beginDeletion(ObjectStore store, Optional<RunOwner> owner) {
    lockOut(
        store,
        fence -> {
          owner.ifPresent(allowed -> fence.requireOwner(allowed, store.location("")));
          return fence.deleting();
        });
  }

  private static Optional<Fence> lockOut(ObjectStore store, UnaryOperator<Fence> change) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<StoredFence> found = StoredFence.read(store);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Fence before = found.get().fence();
      if (found.get().replaceWith(store, change.apply(before)).isPresent()) {
        return Optional.of(before);
      }
    }
    throw busy(store);
  }

  /** Returns the store, rooted at the run. */
  public ObjectStore store() {
    return store;
  }

  /** Returns the checkpoints that the run has now. */
  public synchronized RunCheckpoints checkpoints() {
    return new RunCheckpoints(current().stages());
  }

  /** Returns the mark that ends the names of this writer's objects. */
  public synchronized String mark() {
    return current().mark().toString();
  }

  /** Returns the folder of a new checkpoint of the trainer. */
  public synchronized String newCheckpoint(String stage, long step) {
    return RunLayout.checkpoint(stage, step, current().mark());
  }

  /** Returns the file of TensorBoard events up to a step. */
  public synchronized String events(String stage, long step) {
    return RunLayout.events(stage, step, current().mark());
  }

  /**
   * Makes a checkpoint part of the run, and deletes those that are no longer kept.
   *
   * @param keepLast how many of the stage's newest checkpoints to keep
   * @throws UserError if another writer has taken over the run
   */
  public void commit(String stage, FencedCheckpoint checkpoint, int keepLast) {
    change(stage, known -> known.with(checkpoint, keepLast));
  }

  /**
   * Returns the folder of a stage's unfinished expansion, if there is one. Writers share it: the
   * fence names it before anything is written there, and they all write the same bytes and delete
   * no file of the checkpoint.
   */
  public synchronized Optional<String> expanding(String stage) {
    return Optional.of(current().stage(stage).expanding()).filter(folder -> !folder.isEmpty());
  }

  /**
   * Begins the expansion into a stage in a new folder.
   *
   * @throws UserError if another writer has taken over the run
   */
  public synchronized String beginExpansion(String stage) {
    String folder = RunLayout.expansion(stage, current().mark());
    change(stage, known -> known.withExpanding(folder));
    return folder;
  }

  /**
   * Makes an expansion part of the run.
   *
   * @throws UserError if another writer has taken over the run
   */
  public void commitExpansion(String stage, FencedCheckpoint expansion) {
    change(stage, known -> known.withExpansion(expansion));
  }

  /**
   * Makes a checkpoint that a user has put at {@code <stage>/expansion} part of the run, unless the
   * stage has an expansion.
   */
  public synchronized void adoptExpansion(String stage) {
    String folder = RunLayout.expansion(stage);
    String key = folder + "/" + Manifest.NAME;
    if (current().stage(stage).expansion().isEmpty()) {
      store
          .find(key)
          .map(found -> Manifest.decode(store.location(key), store.readAll(found)))
          .ifPresent(
              manifest ->
                  commitExpansion(
                      stage, new FencedCheckpoint(manifest.step(), folder, manifest.sha256())));
    }
  }

  /**
   * Remembers the present versions of objects that {@link #rewrite} will replace. Call this before
   * reading them: a later writer's objects are then not overwritten.
   *
   * @throws UserError if another writer has taken over the run
   */
  public synchronized void pin(List<String> keys) {
    for (String key : keys) {
      versions.put(key, store.find(key).map(StoredObject::version));
    }
    requireAdmission();
  }

  /**
   * Writes an object with a fixed name. What an earlier writer has written in the meantime is
   * overwritten; if a later writer has been admitted, nothing is.
   *
   * @throws UserError if another writer has taken over the run
   */
  public synchronized void rewrite(String key, byte[] bytes) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!versions.containsKey(key)) {
        pin(List.of(key));
      }
      Optional<String> written =
          store.replace(key, Objects.requireNonNull(versions.get(key)), bytes);
      if (written.isPresent()) {
        versions.put(key, written);
        return;
      }
      versions.remove(key); // a writer before this one has written it
    }
    throw new TransientError(store.location(key) + ": another process keeps writing it", null);
  }

  /**
   * Deletes what writers before this one have left in a stage's folder. What a later writer writes
   * is not deleted, even if this one was stopped before it deletes. Of objects without a writer's
   * mark, only incomplete checkpoints, and events after the newest checkpoint, are deleted: other
   * folders are a user's.
   *
   * @return the deleted folders
   */
  public synchronized List<String> deleteLeftovers(String stage) {
    Fence now = current();
    List<String> kept = now.folders().toList();
    long newest = checkpoints().newestStep(stage).orElse(-1);
    List<String> keys = store.list(stage + "/").stream().map(StoredObject::key).toList();
    keys.stream()
        .filter(
            key ->
                RunLayout.eventsFile(key)
                    .filter(file -> file.step() > newest && isFormer(file.writer()))
                    .isPresent())
        .forEach(store::delete);
    List<String> left =
        keys.stream()
            .map(key -> key.substring(0, key.lastIndexOf('/')))
            .distinct()
            .filter(key -> !kept.contains(key))
            .filter(key -> RunLayout.folder(key).filter(at -> isLeftover(key, at)).isPresent())
            .toList();
    left.forEach(folder -> Checkpoints.delete(store, folder));
    return left;
  }

  private boolean isLeftover(String key, StageFolder folder) {
    return isFormer(folder.writer())
        && (folder.writer().isPresent()
            || (folder.step().isPresent() && !Checkpoints.exists(store, key)));
  }

  /** Whether a writer before this one, or a version without fences, has written something. */
  private boolean isFormer(Optional<WriterMark> writer) {
    return writer.map(mark -> mark.isBefore(current().mark())).orElse(true);
  }

  private synchronized void change(String stage, UnaryOperator<FencedStage> change) {
    Fence before = current();
    uncertain = true;
    stored = stored.replaceWith(store, before.with(stage, change)).orElseThrow(this::lockedOut);
    uncertain = false;
    List<String> kept = stored.fence().folders().toList();
    before
        .folders()
        .filter(folder -> !kept.contains(folder))
        .forEach(folder -> Checkpoints.delete(store, folder));
  }

  /**
   * Returns the fence; reads it again if its last write failed, because that write may have
   * succeeded after all.
   */
  private synchronized Fence current() {
    if (uncertain) {
      String writer = stored.fence().writer();
      stored =
          StoredFence.read(store)
              .filter(found -> found.fence().writer().equals(writer))
              .orElseThrow(this::lockedOut);
      uncertain = false;
    }
    return stored.fence();
  }

  private void requireAdmission() {
    current();
    if (store
        .find(RunLayout.FENCE)
        .filter(found -> found.version().equals(stored.version()))
        .isEmpty()) {
      throw lockedOut();
    }
  }

  private UserError lockedOut() {
    Optional<Fence> now = StoredFence.read(store).map(StoredFence::fence);
    String reason =
        now.isEmpty() || now.get().owner().equals(RunOwner.DELETED)
            ? "the run was deleted"
            : now.get().owner().isNobody()
                ? "the run was released"
                : "another process has taken over the run (epoch %d; this process has epoch %d)"
                    .formatted(now.get().epoch(), stored.fence().epoch());
    return new UserError(
        ErrorReason.RUN_TAKEN,
        "%s: %s; this process stops, and its work since its last checkpoint is lost"
            .formatted(store.location(""), reason),
        null);
  }
}
