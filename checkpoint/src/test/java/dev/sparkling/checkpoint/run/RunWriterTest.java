package dev.sparkling.checkpoint.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.store.ForwardingObjectStore;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** One store suffices: stores have their own contract. */
class RunWriterTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final RunOwner OWNER = RunOwner.ofResource("c1", "team", "pilot");

  private final ObjectStore store = new InMemoryObjectStore();

  @Test
  void checkpointExistsOnceItIsCommittedAndTheOldestIsDeleted() {
    RunWriter run = RunWriter.begin(store, OWNER);
    for (long step : new long[] {3, 20, 100}) {
      String folder = written(run, "narrow", step);
      assertThat(RunCheckpoints.read(store).at("narrow", step)).isEmpty();
      commit(run, "narrow", step, folder);
    }
    RunCheckpoints read = RunCheckpoints.read(store);
    assertThat(read.newestStep("narrow")).hasValue(100);
    assertThat(read.newest("narrow"))
        .hasValueSatisfying(
            newest ->
                assertThat(newest.folder())
                    .matches("narrow/checkpoints/step-00000100-e1-[0-9a-f]{8}"));
    assertThat(read.at("narrow", 3)).isEmpty();
    assertThat(store.list("narrow/checkpoints/step-00000003")).isEmpty();
    CheckpointReader.open(store, read.at("narrow", 20).orElseThrow().folder()).verify();
    assertThat(read.newestStep("wide")).isEmpty();
  }

  @Test
  void nextWriterOfTheSameOwnerResumesAndLocksOutTheOneBefore() {
    RunWriter first = RunWriter.begin(store, OWNER);
    commit(first, "narrow", 1, written(first, "narrow", 1));
    String uncommitted = written(first, "narrow", 2);

    RunWriter second = RunWriter.begin(store, OWNER);
    assertThat(second.checkpoints().newestStep("narrow")).hasValue(1);
    assertThatThrownBy(() -> commit(first, "narrow", 2, uncommitted))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "memory:: another process has taken over the run (epoch 2; this process has epoch 1);"
                + " this process stops, and its work since its last checkpoint is lost");
    assertThatThrownBy(() -> first.rewrite("settings.json", new byte[] {1}))
        .hasMessageContaining("another process has taken over");
    String ofSecond = written(second, "narrow", 3);
    assertThatThrownBy(() -> first.deleteLeftovers("narrow"))
        .hasMessageContaining("another process has taken over");
    assertThat(store.list(ofSecond)).isNotEmpty();
    assertThat(second.deleteLeftovers("narrow")).containsExactly(uncommitted);
    commit(second, "narrow", 2, written(second, "narrow", 2));
    assertThat(RunCheckpoints.read(store).newest("narrow").orElseThrow().folder())
        .matches("narrow/checkpoints/step-00000002-e2-[0-9a-f]{8}");
  }

  @Test
  void anotherOwnerIsRefusedUntilTheRunIsReleased() {
    RunWriter run = RunWriter.begin(store, OWNER);
    RunOwner other = RunOwner.ofResource("c2", "team", "pilot");
    assertThatThrownBy(() -> RunWriter.begin(store, other))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "memory:: belongs to ProgressiveTraining team/pilot of cluster c1, not to"
                + " ProgressiveTraining team/pilot of cluster c2; use another store, or hand it"
                + " over with 'sparkling release'");
    commit(run, "narrow", 1, written(run, "narrow", 1));

    assertThat(RunWriter.release(store).orElseThrow().owner()).isEqualTo(OWNER);
    assertThatThrownBy(() -> commit(run, "narrow", 2, written(run, "narrow", 2)))
        .isInstanceOf(UserError.class);
    assertThat(RunWriter.begin(store, other).checkpoints().newestStep("narrow")).hasValue(1);
    assertThatThrownBy(() -> RunWriter.begin(store, OWNER)).isInstanceOf(UserError.class);
  }

  @Test
  void checkpointsOfAVersionWithoutFencesAreAdopted() {
    for (long step : new long[] {20, 3}) {
      String folder = RunLayout.checkpoint("narrow", step);
      TestTensors.write(store, folder, MODEL, TestTensors.state(MODEL, step), 1);
    }
    TestTensors.write(store, RunLayout.expansion("wide"), MODEL, TestTensors.state(MODEL, 20), 1);
    store.write(RunLayout.checkpoint("narrow", 200) + "/config.json", new byte[] {1});
    RunCheckpoints before = RunCheckpoints.read(store);
    assertThat(before.newestStep("narrow")).hasValue(20);
    assertThat(before.at("narrow", 3)).isPresent();
    assertThat(before.expansion("wide")).map(FencedCheckpoint::step).hasValue(20L);

    RunWriter run = RunWriter.begin(store, OWNER);
    assertThat(run.checkpoints()).isEqualTo(before);
    assertThat(run.deleteLeftovers("narrow")).containsExactly("narrow/checkpoints/step-00000200");
    commit(run, "narrow", 40, written(run, "narrow", 40));
    assertThat(RunCheckpoints.read(store).at("narrow", 3)).isEmpty();
    CheckpointReader.open(store, RunLayout.checkpoint("narrow", 20)).verify();
  }

  @Test
  void onlyLeftoversOfTheStageAreDeletedAndNoOtherFiles() {
    RunWriter before = RunWriter.begin(store, OWNER);
    String leftover = before.newCheckpoint("narrow", 2);
    String notOurs = before.newCheckpoint("narrow", 3);
    String ofWide = before.newCheckpoint("wide", 4);
    String oldEvents = before.events("narrow", 1);
    String leftoverEvents = before.events("narrow", 2);
    RunWriter run = RunWriter.begin(store, OWNER);
    String folder = written(run, "narrow", 1);
    commit(run, "narrow", 1, folder);
    int whole = store.list("").size();
    store.write(leftover + "/config.json", new byte[] {1});
    store.write(notOurs + "/notes.txt", new byte[] {1});
    store.write(ofWide + "/config.json", new byte[] {1});
    store.write("narrow/checkpoints/step-00000005-e1-0000000f/config.json", new byte[] {1});
    store.write("narrow/checkpoints/step-99999999999999999999/config.json", new byte[] {1});
    store.write(oldEvents, new byte[] {1});
    store.write(leftoverEvents, new byte[] {1});
    run.deleteLeftovers("narrow");
    assertThat(store.list("")).hasSize(whole + 5);
    assertThat(store.find(leftover + "/config.json")).isEmpty();
    assertThat(store.find(leftoverEvents)).isEmpty();
    CheckpointReader.open(store, folder).verify();
  }

  @Test
  void writerThatOutlivesItsRunChangesNothingOfTheNextOneInTheSamePlace() {
    RunWriter former = RunWriter.begin(store, OWNER);
    RunWriter.beginDeletion(store, Optional.of(OWNER));
    assertThatThrownBy(() -> RunWriter.begin(store, OWNER))
        .hasMessage("memory:: is being deleted; wait, delete it again, or use another store");
    assertThatThrownBy(() -> RunWriter.release(store)).hasMessageContaining("is being deleted");
    store.delete(RunLayout.FENCE);
    RunWriter next = RunWriter.begin(store, OWNER);
    String folder = written(next, "narrow", 1);
    commit(next, "narrow", 1, folder);
    String late = written(former, "narrow", 1);
    assertThat(late).isNotEqualTo(folder);
    assertThat(former.deleteLeftovers("narrow")).isEmpty();
    assertThatThrownBy(() -> commit(former, "narrow", 1, late))
        .hasMessageContaining("another process has taken over the run");
    RunCheckpoints.read(store).newest("narrow").orElseThrow().open(store).verify();
  }

  @Test
  void runOfAnotherOwnerIsNotDeleted() {
    RunWriter run = RunWriter.begin(store, OWNER);
    RunOwner other = RunOwner.ofResource("c1", "team", "other");
    assertThatThrownBy(() -> RunWriter.beginDeletion(store, Optional.of(other)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("belongs to ProgressiveTraining team/pilot of cluster c1, not to");
    commit(run, "narrow", 1, written(run, "narrow", 1));
  }

  @Test
  void commitWhoseResponseIsLostIsFoundBeforeTheNextOne() {
    AtomicBoolean lost = new AtomicBoolean();
    ObjectStore unreliable =
        new ForwardingObjectStore(store) {
          @Override
          public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
            Optional<String> written = super.replace(key, expected, bytes);
            if (lost.getAndSet(false)) {
              throw new TransientError("server: went away", null);
            }
            return written;
          }
        };
    RunWriter run = RunWriter.begin(unreliable, OWNER);
    String folder = written(run, "narrow", 1);
    lost.set(true);
    assertThatThrownBy(() -> commit(run, "narrow", 1, folder)).isInstanceOf(TransientError.class);
    assertThat(run.checkpoints().newestStep("narrow")).hasValue(1);
    commit(run, "narrow", 2, written(run, "narrow", 2));
    assertThat(RunCheckpoints.read(store).at("narrow", 1)).isPresent();
  }

  @Test
  void checkpointThatIsNotTheCommittedOneIsCorrupt() {
    RunWriter run = RunWriter.begin(store, OWNER);
    String folder = written(run, "narrow", 1);
    commit(run, "narrow", 1, folder);
    FencedCheckpoint newest = run.checkpoints().newest("narrow").orElseThrow();
    newest.open(store).verify();
    TestTensors.write(store, folder, MODEL, TestTensors.state(MODEL, 1), 2);
    assertThatThrownBy(() -> newest.open(store))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("manifest.json: SHA-256 is ");
    store.delete(folder + "/manifest.json");
    assertThatThrownBy(() -> newest.open(store))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("is missing, although memory:fence.json names it");
  }

  @Test
  void expansionKeepsItsFolderUntilItIsCommitted() {
    RunWriter first = RunWriter.begin(store, OWNER);
    assertThat(first.expanding("wide")).isEmpty();
    String folder = first.beginExpansion("wide");
    RunWriter second = RunWriter.begin(store, OWNER);
    assertThat(second.expanding("wide")).hasValue(folder);
    assertThat(second.deleteLeftovers("wide")).isEmpty();
    second.commitExpansion("wide", new FencedCheckpoint(5, folder, "digest"));
    assertThat(second.expanding("wide")).isEmpty();
    assertThat(RunCheckpoints.read(store).expansion("wide").orElseThrow().folder())
        .matches("wide/expansion-e1-[0-9a-f]{8}");
  }

  @Test
  void expansionThatAUserHasPutThereBecomesPartOfTheRunUnlessThereIsOne() {
    String folder = RunLayout.expansion("wide");
    RunWriter run = RunWriter.begin(store, OWNER);
    TestTensors.write(store, folder, MODEL, TestTensors.state(MODEL, 20), 1);
    assertThat(run.deleteLeftovers("wide")).isEmpty();
    assertThat(run.checkpoints().expansion("wide")).isEmpty();
    run.adoptExpansion("wide");
    assertThat(RunCheckpoints.read(store).expansion("wide").orElseThrow().step()).isEqualTo(20);

    run.commitExpansion("deep", new FencedCheckpoint(5, "deep/expansion-e1", "digest"));
    TestTensors.write(store, RunLayout.expansion("deep"), MODEL, TestTensors.state(MODEL, 20), 1);
    run.adoptExpansion("deep");
    assertThat(run.checkpoints().expansion("deep").orElseThrow().step()).isEqualTo(5);
  }

  @Test
  void objectWithAFixedNameIsRewrittenOverThatOfTheWriterBefore() {
    RunWriter first = RunWriter.begin(store, OWNER);
    first.rewrite("settings.json", text("one"));
    first.rewrite("settings.json", text("two"));
    RunWriter second = RunWriter.begin(store, OWNER);
    second.pin(List.of("settings.json"));
    store.write("settings.json", text("by a writer that was stopped before its write"));
    second.rewrite("settings.json", text("three"));
    assertThat(store.readAll(store.get("settings.json"))).isEqualTo(text("three"));
  }

  @Test
  void aStoreThatIgnoresConditionsIsRefused() {
    ObjectStore unconditional =
        new ForwardingObjectStore(store) {
          @Override
          public Optional<String> replace(String key, Optional<String> expected, byte[] bytes) {
            return super.replace(key, store.find(key).map(StoredObject::version), bytes);
          }
        };
    assertThatThrownBy(() -> RunWriter.begin(unconditional, OWNER))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the server ignores the conditions of writes");
  }

  @Test
  void aFenceOfAnotherVersionIsRefused() {
    RunWriter.begin(store, OWNER);
    String fence = new String(store.readAll(store.get(RunLayout.FENCE)), StandardCharsets.UTF_8);
    store.write(RunLayout.FENCE, text(fence.replace("\"version\" : 1", "\"version\" : 2")));
    assertThatThrownBy(() -> RunCheckpoints.read(store))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "memory:fence.json: format sparkling-run version 2; this version reads sparkling-run"
                + " version 1");
  }

  private static String written(RunWriter run, String stage, long step) {
    String folder = run.newCheckpoint(stage, step);
    TestTensors.write(run.store(), folder, MODEL, TestTensors.state(MODEL, step), 1);
    return folder;
  }

  private static void commit(RunWriter run, String stage, long step, String folder) {
    Manifest manifest = CheckpointReader.open(run.store(), folder).manifest().orElseThrow();
    run.commit(stage, new FencedCheckpoint(step, folder, manifest.sha256()), 2);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
