package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an expansion leaves when it is stopped or fails, and what the next attempt makes of it. */
class UnfinishedExpansionTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String FROM = "narrow/checkpoints/step-00000010";
  private static final String TO = "wide/expansion";

  private final ObjectStore store = new InMemoryObjectStore();

  @BeforeEach
  void writeNarrowCheckpoint() {
    TestTensors.write(store, FROM, MODEL, TestTensors.state(MODEL, 10), 1);
  }

  @Test
  void stoppedAtAnyPortionItResumesAndWritesTheSameBytes() {
    expand(20, 9);
    Manifest whole = CheckpointReader.open(store, TO).manifest().orElseThrow();
    for (int portions : new int[] {0, 1}) {
      String to = "stopped-" + portions;
      assertThat(runUntil(to, 20, portions)).isEmpty();
      assertThat(Checkpoints.exists(store, to)).isFalse();
      // The weights' file, complete after the first portion, is not widened again.
      AtomicInteger asked = new AtomicInteger();
      assertThat(run(to, 20, () -> asked.incrementAndGet() > 100)).isPresent();
      assertThat(asked).hasValue(2 - portions);
      assertThat(CheckpointReader.open(store, to).manifest()).hasValue(whole);
      assertThat(store.find(to + "/" + UnfinishedExpansion.NAME)).isEmpty();
      CheckpointReader.open(store, to).verify();
    }
  }

  @Test
  void aStoppedExpansionStartsOverForAnotherRequest() {
    assertThat(runUntil(TO, 20, 1)).isEmpty();
    assertThat(run(TO, 24, () -> false)).isPresent();
    assertThat(CheckpointReader.open(store, TO).model().hiddenSize()).isEqualTo(24);
    CheckpointReader.open(store, TO).verify();
  }

  /** Report version 2 had no rule for the gate, and its identity did not include the plan. */
  @Test
  void filesThatAnOlderVersionPlannedByOtherRulesAreWrittenAgain() {
    run(TO, 20, () -> false);
    Manifest whole = CheckpointReader.open(store, TO).manifest().orElseThrow();
    store.list(TO + "/").forEach(object -> store.delete(object.key()));
    String oldFile = "model-00001-of-00001.safetensors";
    byte[] oldBytes =
        new byte[Math.toIntExact(Objects.requireNonNull(whole.files().get(oldFile)).size())];
    store.write(TO + "/" + oldFile, oldBytes);
    String oldIdentity =
        String.join(
            "\n",
            CheckpointReader.open(store, FROM).identity(),
            new Widths(20, 9).toString(),
            spec(20, 9).toString(),
            "7",
            "report 2");
    UnfinishedExpansion.empty(Sha256.hex(oldIdentity.getBytes(StandardCharsets.UTF_8)))
        .with(oldFile, new Manifest.FileDigest(oldBytes.length, Sha256.hex(oldBytes)), List.of())
        .write(at(TO));
    run(TO, 20, () -> false);
    assertThat(CheckpointReader.open(store, TO).manifest()).hasValue(whole);
  }

  @Test
  void aDeletedFileIsWrittenAgain() {
    assertThat(runUntil(TO, 20, 1)).isEmpty();
    store.delete(TO + "/model-00001-of-00001.safetensors");
    assertThat(run(TO, 20, () -> false)).isPresent();
    CheckpointReader.open(store, TO).verify();
  }

  /** Another writer of a shared folder removes the record when it has completed the expansion. */
  @Test
  void aRecordThatDisappearsAfterItWasReadEmptiesNothing() {
    assertThat(runUntil(TO, 20, 1)).isEmpty();
    ObjectStore shared =
        new ForwardingObjectStore(store) {
          @Override
          public void read(StoredObject object, long offset, MemorySegment target) {
            super.read(object, offset, target);
            if (object.key().endsWith(UnfinishedExpansion.NAME)) {
              super.delete(object.key());
            }
          }

          @Override
          public void delete(String key) {
            assertThat(key).endsWith(UnfinishedExpansion.NAME);
            super.delete(key);
          }
        };
    assertThat(
            ExpansionRun.run(
                at(FROM),
                new CheckpointLocation(shared, TO),
                spec(20, 9),
                ExpansionOptions.DEFAULT))
        .isPresent();
    CheckpointReader.open(store, TO).verify();
  }

  private Optional<ExpansionReport> runUntil(String to, int hiddenSize, int portions) {
    AtomicInteger asked = new AtomicInteger();
    return run(to, hiddenSize, () -> asked.getAndIncrement() >= portions);
  }

  private Optional<ExpansionReport> run(String to, int hiddenSize, BooleanSupplier stopRequested) {
    return ExpansionRun.run(
        at(FROM),
        at(to),
        spec(hiddenSize, 9),
        ExpansionOptions.DEFAULT.with(stopRequested, ExpansionProgress.NONE));
  }

  @Test
  void aDamagedSourceIsCorruptAndTheOutputIsKeptAsEvidence() {
    String key = FROM + "/optimizer-00001-of-00001.safetensors";
    byte[] bytes = store.readAll(store.get(key));
    bytes[bytes.length - 1] ^= 1;
    store.write(key, bytes);
    assertThatThrownBy(() -> expand(16, 6))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith("memory:" + key + ": SHA-256 is ");
    assertEvidence("rejected: memory:" + key + ": SHA-256 is ");
    bytes[bytes.length - 1] ^= 1;
    store.write(key, bytes);
    expand(16, 6);
    CheckpointReader.open(store, TO).verify();
  }

  /** Files exist, but neither as a checkpoint nor as an expansion that would be resumed. */
  private void assertEvidence(String reason) {
    assertThat(store.find(TO + "/model-00001-of-00001.safetensors")).isPresent();
    assertThat(Checkpoints.exists(store, TO)).isFalse();
    assertThat(UnfinishedExpansion.find(at(TO)).orElseThrow().identity()).startsWith(reason);
  }

  /**
   * The repaired source has the same identity, so a file made from the damaged one must not stay.
   */
  @Test
  void filesMadeFromADamagedSourceAreWrittenAgainFromTheRepairedOne() {
    expand(16, 6);
    Manifest whole = CheckpointReader.open(store, TO).manifest().orElseThrow();
    store.list(TO + "/").forEach(object -> store.delete(object.key()));
    String key = FROM + "/model-00001-of-00001.safetensors";
    byte[] bytes = store.readAll(store.get(key));
    bytes[bytes.length - 4] ^= 1;
    store.write(key, bytes);
    assertThatThrownBy(() -> expand(16, 6)).isInstanceOf(CorruptCheckpoint.class);
    bytes[bytes.length - 4] ^= 1;
    store.write(key, bytes);
    expand(16, 6);
    assertThat(CheckpointReader.open(store, TO).manifest()).hasValue(whole);
  }

  @Test
  void aSourceOverwrittenDuringReadingIsCorruptAndLeavesNoCheckpoint() {
    String key = FROM + "/optimizer-00001-of-00001.safetensors";
    // The first write to the target: headers of the source are read, values are not.
    ObjectStore overwriting =
        new ForwardingObjectStore(store) {
          @Override
          public ObjectUpload create(String target) {
            store.write(key, store.readAll(store.get(key)));
            return store.create(target);
          }
        };
    assertThatThrownBy(
            () -> ExpansionRun.run(at(FROM), new CheckpointLocation(overwriting, TO), spec(16, 6)))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("overwritten");
    assertThat(Checkpoints.exists(store, TO)).isFalse();
  }

  private ExpansionReport expand(int hiddenSize, int innerSize) {
    return ExpansionRun.run(at(FROM), at(TO), spec(hiddenSize, innerSize));
  }

  private CheckpointLocation at(String folder) {
    return new CheckpointLocation(store, folder);
  }

  private static ExpansionSpec spec(int hiddenSize, int innerSize) {
    return new ExpansionSpec(
        hiddenSize,
        innerSize,
        Initialization.COPY_COPY,
        OptimizerStateStrategy.ASYMMETRIC,
        NormInitialization.COPY,
        BaselineSpec.DEFAULT,
        new RewarmupSpec(1.5, 40),
        0.05);
  }
}
