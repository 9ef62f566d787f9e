package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout.WriterMark;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The {@code fence.json} of a run, which admits one writer at a time (docs/adr/0021). The file is
 * only ever replaced by a conditional write, so a writer whose epoch has passed cannot change it. A
 * checkpoint that the file does not name does not exist.
 *
 * @param format always {@value #FORMAT}
 * @param version version of the format
 * @param owner owner of the run; {@link RunOwner#NONE} after a release
 * @param incarnation random digits, new when a run is deleted and started again
 * @param epoch raised by each new writer, release and deletion
 * @param writer random identifier of the writer's process
 * @param stages what each stage has stored, by its name
 */
public record Fence(
    String format,
    int version,
    RunOwner owner,
    String incarnation,
    long epoch,
    String writer,
    SortedMap<String, FencedStage> stages) {

  static final String FORMAT = "sparkling-run";
  static final int VERSION = 1;

  public Fence {
    stages = Collections.unmodifiableSortedMap(new TreeMap<>(stages));
  }

  /**
   * Creates the fence of a run that has none yet.
   *
   * @param stages checkpoints that a version without fences wrote
   */
  static Fence first(
      RunOwner owner, String incarnation, String writer, Map<String, FencedStage> stages) {
    return new Fence(FORMAT, VERSION, owner, incarnation, 1, writer, new TreeMap<>(stages));
  }

  /** Returns the mark that ends the names of the current writer's objects. */
  WriterMark mark() {
    return new WriterMark(epoch, incarnation);
  }

  /**
   * Admits another writer instead of the current one.
   *
   * @param location location of the run, for the message
   * @throws UserError if the run has another owner or is being deleted
   */
  Fence takenBy(RunOwner next, String nextWriter, String location) {
    requireTakeable(next, location);
    return new Fence(format, version, next, incarnation, epoch + 1, nextWriter, stages);
  }

  /**
   * Checks that an owner may take a run.
   *
   * @param location location of the run, for the message
   * @throws UserError if the run has another owner or is being deleted
   */
  void requireTakeable(RunOwner next, String location) {
    requireNoDeletion(location);
    requireOwner(next, location);
  }

  /**
   * Checks that a run is not owned by another owner.
   *
   * @param location location of the run, for the message
   * @throws UserError naming both owners
   */
  void requireOwner(RunOwner other, String location) {
    if (!owner.isNobody() && !owner.id().equals(other.id())) {
      throw new UserError(
          ErrorReason.RUN_TAKEN,
          "%s: belongs to %s, not to %s; use another store, or hand it over with 'sparkling release'"
              .formatted(location, owner.name(), other.name()),
          null);
    }
  }

  private void requireNoDeletion(String location) {
    if (owner.equals(RunOwner.DELETED)) {
      throw new UserError(
          ErrorReason.RUN_TAKEN,
          location + ": is being deleted; wait, delete it again, or use another store",
          null);
    }
  }

  /**
   * Locks out the current writer, and lets any owner take the run.
   *
   * @param location location of the run, for the message
   * @throws UserError if the run is being deleted
   */
  Fence released(String location) {
    requireNoDeletion(location);
    return new Fence(format, version, RunOwner.NONE, incarnation, epoch + 1, "", stages);
  }

  /** Locks out every writer, until the fence itself is deleted. */
  Fence deleting() {
    return new Fence(
        format, version, RunOwner.DELETED, incarnation, epoch + 1, "", new TreeMap<>());
  }

  /** Returns what a stage has stored. */
  FencedStage stage(String name) {
    return stages.getOrDefault(name, FencedStage.EMPTY);
  }

  Fence with(String name, UnaryOperator<FencedStage> change) {
    SortedMap<String, FencedStage> changed = new TreeMap<>(stages);
    changed.put(name, change.apply(stage(name)));
    return new Fence(format, version, owner, incarnation, epoch, writer, changed);
  }

  /** Returns the keys of all folders that the fence names. */
  Stream<String> folders() {
    return stages.values().stream()
        .flatMap(
            stage ->
                Stream.concat(
                    Stream.of(stage.expanding()).filter(folder -> !folder.isEmpty()),
                    Stream.concat(stage.expansion().stream(), stage.checkpoints().stream())
                        .map(FencedCheckpoint::folder)));
  }

  byte[] encode() {
    return FormatJson.encode(this);
  }

  static Fence decode(String location, byte[] bytes) {
    Fence fence = FormatJson.decode(location, bytes, Fence.class);
    if (!FORMAT.equals(fence.format()) || fence.version() != VERSION) {
      throw new CorruptCheckpoint(
          "%s: format %s version %d; this version reads %s version %d"
              .formatted(location, fence.format(), fence.version(), FORMAT, VERSION));
    }
    return fence;
  }
}
