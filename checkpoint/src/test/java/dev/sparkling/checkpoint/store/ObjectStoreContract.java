package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of object stores; each store's test extends this. */
abstract class ObjectStoreContract {

  /** More than two parts of a multipart upload, and not a whole number of them. */
  private static final int MANY_PARTS = (40 << 20) + 12_345;

  private ObjectStore store;

  /** An empty store. */
  abstract ObjectStore open() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  final ObjectStore store() {
    return store;
  }

  @Test
  void writtenObjectIsFoundAndReadBack() {
    store.write("a/b/c.json", bytes("hello"));
    StoredObject found = store.get("a/b/c.json");
    assertThat(found.size()).isEqualTo(5);
    assertThat(store.readAll(found)).isEqualTo(bytes("hello"));
  }

  @Test
  void emptyObjectExists() {
    store.write("empty", new byte[0]);
    assertThat(store.get("empty").size()).isZero();
    assertThat(store.readAll(store.get("empty"))).isEmpty();
  }

  @Test
  void absentObjectIsNotFoundAndGettingItIsTheUsersError() {
    assertThat(store.find("nowhere")).isEmpty();
    assertThatThrownBy(() -> store.get("nowhere"))
        .isInstanceOf(UserError.class)
        .hasMessage(store.location("nowhere") + ": does not exist; a file is expected");
  }

  @Test
  void folderOfObjectsIsNotAnObject() {
    store.write("a/b", bytes("x"));
    assertThat(store.find("a")).isEmpty();
  }

  @Test
  void listIsSortedAndFilteredByAnyPrefix() {
    for (String key : new String[] {"run/b", "run/a/2", "run/a/10", "run", "other"}) {
      store.write(key.equals("run") ? "run-1" : key, bytes(key));
    }
    assertThat(store.list("run/"))
        .extracting(StoredObject::key)
        .containsExactly("run/a/10", "run/a/2", "run/b");
    assertThat(store.list("run/a/1")).extracting(StoredObject::key).containsExactly("run/a/10");
    assertThat(store.list("run")).hasSize(4);
    assertThat(store.list("")).hasSize(5);
    assertThat(store.list("nothing/here")).isEmpty();
  }

  @Test
  void listedObjectCanBeRead() {
    store.write("a/b", bytes("content"));
    assertThat(store.readAll(store.list("a/").getFirst())).isEqualTo(bytes("content"));
  }

  @Test
  void rangeIsRead() {
    store.write("digits", bytes("0123456789"));
    byte[] range = new byte[4];
    store.read(store.get("digits"), 3, MemorySegment.ofArray(range));
    assertThat(range).isEqualTo(bytes("3456"));
  }

  @Test
  void rangeBeyondTheEndIsCorruptAndNamesTheObject() {
    store.write("digits", bytes("0123456789"));
    StoredObject found = store.get("digits");
    assertThatThrownBy(() -> store.read(found, 8, MemorySegment.ofArray(new byte[4])))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining(store.location("digits") + ": ends at byte 10");
  }

  @Test
  void overwrittenObjectIsNotMixedIntoTheOldOne() {
    store.write("k", bytes("old"));
    StoredObject old = store.get("k");
    store.write("k", bytes("newer"));
    assertThatThrownBy(() -> store.readAll(old))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("overwritten");
    assertThat(store.readAll(store.get("k"))).isEqualTo(bytes("newer"));
  }

  @Test
  void anObjectThatWasDeletedAfterListingIsCorrupt() {
    store.write("k", bytes("old"));
    StoredObject old = store.get("k");
    store.delete("k");
    assertThatThrownBy(() -> store.readAll(old)).isInstanceOf(CorruptCheckpoint.class);
  }

  @Test
  void uploadIsInvisibleUntilItIsCommitted() {
    try (ObjectUpload upload = store.create("k")) {
      upload.write(MemorySegment.ofArray(bytes("half")));
      assertThat(store.find("k")).isEmpty();
      assertThat(store.list("")).isEmpty();
      upload.commit();
      assertThat(store.find("k")).isPresent();
    }
  }

  @Test
  void uploadThatIsClosedWithoutCommitLeavesTheOldObjectAndNothingElse() {
    store.write("k", bytes("old"));
    try (ObjectUpload upload = store.create("k")) {
      upload.write(MemorySegment.ofArray(bytes("never")));
    }
    assertThat(store.list("")).singleElement().extracting(StoredObject::size).isEqualTo(3L);
    assertThat(store.readAll(store.get("k"))).isEqualTo(bytes("old"));
  }

  @Test
  void objectOfManyPartsWrittenInUnevenPiecesIsReadBackWhole() {
    byte[] expected = new byte[MANY_PARTS];
    new Random(1).nextBytes(expected);
    try (ObjectUpload upload = store.create("large")) {
      int done = 0;
      for (int piece = 1; done < MANY_PARTS; piece = piece * 7 + 1) {
        int end = Math.min(MANY_PARTS, done + piece);
        upload.write(MemorySegment.ofArray(Arrays.copyOfRange(expected, done, end)));
        done = end;
      }
      upload.commit();
    }
    assertThat(Arrays.equals(store.readAll(store.get("large")), expected)).isTrue();
  }

  @Test
  void abandonedUploadOfManyPartsLeavesNothing() {
    try (ObjectUpload upload = store.create("large")) {
      upload.write(MemorySegment.ofArray(new byte[MANY_PARTS]));
    }
    assertThat(store.discardUnfinished("large")).isZero();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void partsOfAKilledUploadAreDiscarded() {
    ObjectUpload killed = store.create("a/large");
    killed.write(MemorySegment.ofArray(new byte[MANY_PARTS]));
    assertThat(store.discardUnfinished("b/large")).isZero();
    assertThat(store.discardUnfinished("a/large")).isEqualTo(1);
    assertThat(store.discardUnfinished("a/large")).isZero();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void deletedObjectIsGoneAndDeletingNothingDoesNothing() {
    store.write("a/b", bytes("x"));
    store.delete("a/b");
    store.delete("a/b");
    assertThat(store.find("a/b")).isEmpty();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void objectIsReplacedOnlyIfItHasTheExpectedVersion() {
    assertThat(store.replace("a/k", Optional.of("0"), bytes("one"))).isEmpty();
    Optional<String> first = store.replace("a/k", Optional.empty(), bytes("one"));
    assertThat(first).isEqualTo(store.find("a/k").map(StoredObject::version)).isPresent();
    assertThat(store.replace("a/k", Optional.empty(), bytes("two"))).isEmpty();
    Optional<String> second = store.replace("a/k", first, bytes("two"));
    assertThat(second).isPresent().isNotEqualTo(first);
    assertThat(store.replace("a/k", first, bytes("six"))).isEmpty();
    assertThat(store.readAll(store.get("a/k"))).isEqualTo(bytes("two"));
    store.write("a/k", bytes("ten"));
    assertThat(store.replace("a/k", second, bytes("six"))).isEmpty();
    store.delete("a/k");
    assertThat(store.replace("a/k", second, bytes("six"))).isEmpty();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void oneOfManyConcurrentReplacementsSucceeds() throws Exception {
    Optional<String> version = Optional.empty();
    try (ExecutorService writers = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 10; round++) {
        Optional<String> expected = version;
        List<Callable<Optional<String>>> tasks = new ArrayList<>();
        for (int writer = 0; writer < 8; writer++) {
          byte[] content = bytes("round " + round + " writer " + writer);
          tasks.add(() -> store.replace("k", expected, content));
        }
        List<String> succeeded = new ArrayList<>();
        for (Future<Optional<String>> result : writers.invokeAll(tasks, 1, TimeUnit.MINUTES)) {
          result.get().ifPresent(succeeded::add);
        }
        assertThat(succeeded).singleElement().isEqualTo(store.get("k").version());
        version = Optional.of(succeeded.getFirst());
      }
    }
  }

  @Test
  void aKeyThatEscapesTheStoreIsRefused() {
    for (String key : new String[] {"../x", "a/../x", "/x", "a//b", "", ".hidden"}) {
      assertThatThrownBy(() -> store.create(key)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void anInterruptedUploadIsResumed() {
    try (ObjectUpload upload = store.resume("k")) {
      upload.write(MemorySegment.ofArray(bytes("half")));
    }
    assertThat(store.find("k")).isEmpty();
    try (ObjectUpload upload = store.resume("k")) {
      upload.write(MemorySegment.ofArray(bytes("half and whole")));
      upload.commit();
    }
    assertThat(store.readAll(store.get("k"))).isEqualTo(bytes("half and whole"));
  }
}
