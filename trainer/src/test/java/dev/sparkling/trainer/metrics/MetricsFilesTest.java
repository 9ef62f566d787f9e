package dev.sparkling.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel;
import org.junit.jupiter.api.Test;
import org.tensorflow.framework.Summary;
import org.tensorflow.util.Event;

/** Checkpoints at steps 12 and 14 of a stage that starts after step 10. */
class MetricsFilesTest {

  private static final Instant NOW = Instant.ofEpochSecond(1000);

  private final ObjectStore store = new InMemoryObjectStore();
  private final RunWriter run = RunWriter.begin(store, RunOwner.ofFolder());
  private final Metrics metrics = new Metrics();

  @Test
  void tableHasARowForEachStepAndNullWhereNothingWasMeasured() throws IOException {
    write();
    byte[] bytes = store.readAll(store.get("narrow/metrics.arrow"));
    try (RootAllocator allocator = new RootAllocator();
        ArrowFileReader reader =
            new ArrowFileReader(new ByteArrayReadableSeekableByteChannel(bytes), allocator)) {
      assertThat(reader.loadNextBatch()).isTrue();
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      assertThat(column(root, "step")).containsExactly(10L, 11L, 12L, 13L, 14L);
      assertThat(column(root, "tokens")).containsExactly(null, 110L, 120L, 130L, 140L);
      assertThat(column(root, "loss")).containsExactly(null, 1.1, 1.2, 1.3, 1.4);
      assertThat(column(root, "skipped")).containsExactly(null, false, false, true, false);
      assertThat(column(root, "learningRates"))
          .containsExactly(
              null, List.of(0.5, 11.0), List.of(0.5, 12.0), List.of(0.5, 13.0), List.of(0.5, 14.0));
      assertThat(column(root, "routers.largestLoad").get(4)).isEqualTo(List.of(3.0, 4.0));
      assertThat(column(root, "validationLoss")).containsExactly(7.0, null, null, null, 6.0);
      assertThat(column(root, "hiddenRms").get(0)).isEqualTo(List.of(0.1, 0.2));
    }
  }

  @Test
  void eachCheckpointHasTheEventsSinceTheLastOne() {
    write();
    assertThat(store.list("narrow/events"))
        .extracting(object -> object.key())
        .containsExactly(run.events("narrow", 12), run.events("narrow", 14));
    List<Event> first = events(run.events("narrow", 12));
    assertThat(first.getFirst().getFileVersion()).isEqualTo("brain.Event:2");
    assertThat(first.stream().skip(1)).extracting(Event::getStep).containsExactly(10L, 11L, 12L);
    List<Event> second = events(run.events("narrow", 14));
    assertThat(second.stream().skip(1)).extracting(Event::getStep).containsExactly(13L, 14L);
    Event last = second.getLast();
    assertThat(value(last, "loss/training")).isEqualTo(1.4f);
    assertThat(value(last, "loss/validation")).isEqualTo(6);
    assertThat(value(last, "learning_rate/block_1")).isEqualTo(14);
    assertThat(value(last, "speed/model_flops_utilization")).isEqualTo(0.5f);
    assertThat(value(last, "router_load/1")).isEqualTo(4);
    assertThat(value(second.get(1), "guard/skipped")).isEqualTo(1);
  }

  @Test
  void timesOfStepsFollowFromTheirSpeed() {
    write();
    // A step of 10 tokens at 5 tokens per second takes 2 s.
    assertThat(events(run.events("narrow", 14)).stream().skip(1))
        .extracting(Event::getWallTime)
        .containsExactly(998.0, 1000.0);
  }

  private void write() {
    metrics.add(new Metrics.Evaluation(10, 7, List.of(0.1, 0.2)));
    metrics.add(step(11));
    metrics.add(step(12));
    MetricsFiles.write(run, "narrow", metrics, -1, 12, NOW);
    metrics.add(step(13));
    metrics.add(step(14));
    metrics.add(new Metrics.Evaluation(14, 6, List.of()));
    MetricsFiles.write(run, "narrow", metrics, 12, 14, NOW);
  }

  private static Metrics.Step step(long step) {
    return new Metrics.Step(
        step,
        10 * step,
        step / 10.0,
        List.of(0.5, (double) step),
        5,
        0.5,
        2,
        List.of(1.0, 1.5),
        step == 13,
        List.of(new Metrics.Router(1, 2, 3), new Metrics.Router(1, 2, 4)),
        0);
  }

  private static List<Object> column(VectorSchemaRoot root, String name) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < root.getRowCount(); i++) {
      values.add(root.getVector(name).getObject(i));
    }
    return values;
  }

  private static float value(Event event, String tag) {
    return event.getSummary().getValueList().stream()
        .filter(value -> value.getTag().equals(tag))
        .map(Summary.Value::getSimpleValue)
        .findFirst()
        .orElseThrow(() -> new AssertionError(tag));
  }

  /**
   * Reads the framing; checksums are checked by TensorBoard in bench/reference/check_metrics.py.
   */
  private List<Event> events(String key) {
    List<Event> events = new ArrayList<>();
    ByteBuffer bytes =
        ByteBuffer.wrap(store.readAll(store.get(key))).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      byte[] data = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(data);
      bytes.getInt();
      try {
        events.add(Event.parseFrom(data));
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return events;
  }
}
