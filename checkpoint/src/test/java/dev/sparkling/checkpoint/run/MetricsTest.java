package dev.sparkling.checkpoint.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.Metrics.Router;
import dev.sparkling.checkpoint.run.Metrics.Step;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.layout.RunLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private static final String KEY = "narrow/metrics.jsonl";

  private static final Step FIRST =
      new Step(1, 100, 4.5, List.of(0.1), 50, 0.5, 2, List.of(2.0), false, List.of(), 0);

  private static final Step SECOND =
      new Step(
          2,
          200,
          4.25,
          List.of(0.1),
          50,
          0.5,
          2,
          List.of(2.0),
          true,
          List.of(new Router(1, 0.5, 1.5)),
          0.25);

  private static final Evaluation EVALUATION = new Evaluation(2, 4.3, List.of(1.0, 1.5));

  private final ObjectStore store = new InMemoryObjectStore();

  @Test
  void stepsAndEvaluationsAreReadBackAndTheirLinesHoldNoNulls() {
    Metrics metrics = new Metrics();
    metrics.add(FIRST);
    metrics.add(SECOND);
    metrics.add(EVALUATION);
    store.write(RunLayout.metrics("narrow"), metrics.encode());
    assertThat(new String(store.readAll(store.get(KEY)), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"step":1,"tokens":100,"loss":4.5,"learningRates":[0.1],"tokensPerSecond":50.0,\
            "modelFlopsUtilization":0.5,"gradientNorm":2.0,"blockNorms":[2.0]}
            {"step":2,"tokens":200,"loss":4.25,"learningRates":[0.1],"tokensPerSecond":50.0,\
            "modelFlopsUtilization":0.5,"gradientNorm":2.0,"blockNorms":[2.0],"skipped":true,\
            "routers":[{"balancing":1.0,"z":0.5,"largestLoad":1.5}],"stallSeconds":0.25}
            {"step":2,"validationLoss":4.3,"hiddenRms":[1.0,1.5]}
            """);
    Metrics read = Metrics.read(store, "narrow");
    assertThat(read.steps()).containsExactly(FIRST, SECOND);
    assertThat(read.evaluations()).containsExactly(EVALUATION);
    assertThat(read.lastStep()).contains(SECOND);
    read.truncate(1);
    assertThat(read.lastStep()).contains(FIRST);
    assertThat(read.evaluations()).isEmpty();
  }

  @Test
  void linesOfOlderVersionsAreRead() {
    write(
        """
        {"step":1,"tokens":100,"loss":4.5,"learningRates":[0.1],"tokensPerSecond":50.0}
        {"step":2,"tokens":200,"loss":4.25,"learningRates":[0.1],"tokensPerSecond":50.0,\
        "modelFlopsUtilization":0.5,"gradientNorm":2.0,"blockNorms":[2.0],"skipped":true,\
        "routers":[{"balancing":1.0,"z":0.5,"largestLoad":1.5,"dropped":0}],"stallSeconds":0.25}
        {"step":2,"validationLoss":4.3}
        """);
    Metrics read = Metrics.read(store, "narrow");
    Step first = read.steps().getFirst();
    assertThat(first.gradientNorm()).isNaN();
    assertThat(first.blockNorms()).isEmpty();
    assertThat(first.stallSeconds()).isZero();
    assertThat(read.steps().getLast()).isEqualTo(SECOND);
    assertThat(read.evaluations()).containsExactly(new Evaluation(2, 4.3, List.of()));
  }

  @Test
  void aMalformedLineIsCorruptAndShown() {
    for (String line : List.of("{\"step\":1,", "[]", "{\"loss\":1}", "{\"step\":\"x\"}")) {
      write(line + "\n");
      assertThatThrownBy(() -> Metrics.read(store, "narrow"))
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessageStartingWith("memory:" + KEY + ": ")
          .hasMessageEndingWith(": " + line);
    }
  }

  private void write(String text) {
    store.write(KEY, text.getBytes(StandardCharsets.UTF_8));
  }
}
