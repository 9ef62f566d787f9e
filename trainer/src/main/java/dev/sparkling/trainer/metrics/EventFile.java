package dev.sparkling.trainer.metrics;

import dev.sparkling.checkpoint.run.Metrics;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.tensorflow.framework.Summary;
import org.tensorflow.util.Event;

/**
 * Encodes steps as a TensorBoard event file of scalars. Source of the framing: TensorFlow's
 * "TFRecord" format, {@code tensorflow/core/lib/io/record_writer.cc}.
 */
final class EventFile {

  /** Version in a file's first event, as TensorBoard expects it. */
  private static final String VERSION = "brain.Event:2";

  /** TFRecord masks checksums, because data may itself contain checksums. */
  private static final int MASK_DELTA = 0xa282ead8;

  private static final double MILLIS_PER_SECOND = 1000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private EventFile() {}

  /**
   * Encodes a whole file.
   *
   * @param after last step whose events are in an earlier file
   * @param now end of the last step; the times of earlier steps are derived from their speed
   */
  static byte[] encode(Metrics metrics, long after, Instant now) {
    NavigableMap<Long, Event.Builder> events = new TreeMap<>();
    List<Metrics.Step> steps = metrics.steps();
    double time = now.toEpochMilli() / MILLIS_PER_SECOND;
    for (int i = steps.size() - 1; i >= 0 && steps.get(i).step() > after; i--) {
      Metrics.Step step = steps.get(i);
      add(event(events, step.step(), time).getSummaryBuilder(), step);
      if (i > 0) {
        time -= (step.tokens() - steps.get(i - 1).tokens()) / step.tokensPerSecond();
      }
    }
    for (Metrics.Evaluation evaluation : metrics.evaluations()) {
      if (evaluation.step() > after) {
        add(event(events, evaluation.step(), time).getSummaryBuilder(), evaluation);
      }
    }
    EventFile file = new EventFile();
    file.add(Event.newBuilder().setWallTime(time).setFileVersion(VERSION));
    events.values().forEach(file::add);
    return file.bytes.toByteArray();
  }

  /** Returns the event of a step, which is created if there is none. */
  private static Event.Builder event(Map<Long, Event.Builder> events, long step, double time) {
    return events.computeIfAbsent(step, _ -> Event.newBuilder().setStep(step).setWallTime(time));
  }

  private static void add(Summary.Builder summary, Metrics.Step step) {
    add(summary, "loss/training", step.loss());
    add(summary, "gradient_norm/all", step.gradientNorm());
    addAll(summary, "gradient_norm/block_", step.blockNorms());
    addAll(summary, "learning_rate/block_", step.learningRates());
    add(summary, "speed/tokens_per_second", step.tokensPerSecond());
    add(summary, "speed/model_flops_utilization", step.modelFlopsUtilization());
    add(summary, "speed/checkpoint_stall_seconds", step.stallSeconds());
    add(summary, "guard/skipped", step.skipped() ? 1 : 0);
    List<Metrics.Router> routers = step.routers();
    addAll(summary, "router_balancing/", routers.stream().map(Metrics.Router::balancing).toList());
    addAll(summary, "router_z/", routers.stream().map(Metrics.Router::z).toList());
    addAll(summary, "router_load/", routers.stream().map(Metrics.Router::largestLoad).toList());
  }

  private static void add(Summary.Builder summary, Metrics.Evaluation evaluation) {
    add(summary, "loss/validation", evaluation.validationLoss());
    addAll(summary, "hidden_rms/", evaluation.hiddenRms());
  }

  private static void addAll(Summary.Builder summary, String prefix, List<Double> values) {
    for (int i = 0; i < values.size(); i++) {
      add(summary, prefix + i, values.get(i));
    }
  }

  private static void add(Summary.Builder summary, String tag, double value) {
    summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue((float) value));
  }

  private void add(Event.Builder event) {
    byte[] data = event.build().toByteArray();
    byte[] length =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    bytes.writeBytes(length);
    bytes.writeBytes(checksum(length));
    bytes.writeBytes(data);
    bytes.writeBytes(checksum(data));
  }

  private static byte[] checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }
}
