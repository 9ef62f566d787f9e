package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Damages checkpoints and Hugging Face folders at random. {@code -Dfuzz.cases=100000} tries more
 * cases, {@code -Dfuzz.first} starts at another one; a case's number is its seed.
 */
class HostileCheckpointTest {

  private static final int CASES = Integer.getInteger("fuzz.cases", 3_000);
  private static final int FIRST = Integer.getInteger("fuzz.first", 0);
  private static final long MOST_SECONDS = 30;
  private static final int LONGEST_LINE = 4_000;

  private static final ModelConfiguration MODEL =
      new ModelConfiguration(
          6, 1, 4, new ExpertsShape(3, 2, 1, true), 2, 1, 2, true, 10_000, 1e-6, 16, 1.0);

  private static final ExpansionSpec EXPANSION =
      new ExpansionSpec(
          6,
          5,
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          NormInitialization.COPY,
          BaselineSpec.DEFAULT,
          new RewarmupSpec(1.3, 10),
          0.05);

  private static final String FROM = "narrow";
  private static final String TO = "wide";

  private final Map<String, byte[]> ours = checkpoint();

  private static Map<String, byte[]> checkpoint() {
    ObjectStore store = new InMemoryObjectStore();
    TestTensors.write(store, FROM, MODEL, TestTensors.state(MODEL, 10), 1);
    Map<String, byte[]> files = new TreeMap<>();
    store
        .list(FROM + "/")
        .forEach(
            object -> files.put(object.key().substring(FROM.length() + 1), store.readAll(object)));
    return files;
  }

  @Test
  void damageEndsWithAMessageAndNeverWithACheckpoint() throws InterruptedException {
    List<String> failures = new ArrayList<>();
    int[] outcomes = new int[2];
    try (ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory())) {
      for (int seed = FIRST; seed < FIRST + CASES && failures.size() < 20; seed++) {
        int number = seed;
        try {
          outcomes[
              thread.submit(() -> tried(number)).get(MOST_SECONDS, TimeUnit.SECONDS) ? 1 : 0]++;
        } catch (ExecutionException e) {
          failures.add("case " + seed + ": " + trace(Objects.requireNonNull(e.getCause())));
        } catch (TimeoutException e) {
          throw new AssertionError("case " + seed + " took over " + MOST_SECONDS + " s", e);
        }
      }
    }
    assertThat(failures).isEmpty();
    // The damage must be neither always harmless nor always fatal.
    assertThat(outcomes[0]).as("refused").isGreaterThan(CASES / 3);
    assertThat(outcomes[1]).as("widened all the same").isPositive();
  }

  /** Returns whether it was widened, which harmless damage allows. */
  private boolean tried(int seed) {
    // Neighboring seeds give similar first numbers.
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    Map<String, byte[]> files = new TreeMap<>(ours);
    boolean foreign = random.nextBoolean();
    if (foreign) {
      files.keySet().removeIf(name -> !name.startsWith("model") && !name.startsWith("config"));
    }
    Damage damage = new Damage(random);
    for (int i = random.nextInt(3); i >= 0; i--) {
      damage.damage(files);
    }
    if (!foreign && random.nextInt(4) > 0) {
      Damage.repairManifest(files);
    }
    ObjectStore store = new InMemoryObjectStore();
    files.forEach((name, bytes) -> store.write(FROM + "/" + name, bytes));
    return widened(store, foreign);
  }

  private static boolean widened(ObjectStore store, boolean foreign) {
    ExpansionOptions options = ExpansionOptions.DEFAULT.withMemory(64 << 20);
    CheckpointLocation to = new CheckpointLocation(store, TO);
    try {
      ExpansionRun.run(
          new CheckpointLocation(store, FROM),
          to,
          EXPANSION,
          foreign ? options.allowingHuggingFace() : options);
    } catch (UserError e) {
      check(e);
      assertThat(store.list(TO + "/")).as("left behind").isEmpty();
      return false;
    } catch (CorruptCheckpoint e) {
      check(e);
      assertThat(Checkpoints.exists(store, TO)).isFalse();
      assertThat(store.list(TO + "/").isEmpty() || isEvidence(to)).as("evidence").isTrue();
      return false;
    }
    CheckpointReader.open(store, TO).verify();
    return true;
  }

  private static boolean isEvidence(CheckpointLocation to) {
    return UnfinishedExpansion.find(to).orElseThrow().identity().startsWith("rejected: ");
  }

  private static void check(SparklingException e) {
    assertThat(e.problems()).isNotEmpty();
    for (String line : e.problems()) {
      assertThat(line)
          .isNotBlank()
          .doesNotContain("\n", "Exception", "java.", "jackson")
          .hasSizeLessThan(LONGEST_LINE)
          .matches("(?s)(memory:(narrow|wide)|hiddenSize|innerSize).*: .*");
    }
  }

  private static String trace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString().lines().limit(14).reduce("", (a, b) -> a + "\n" + b);
  }
}
