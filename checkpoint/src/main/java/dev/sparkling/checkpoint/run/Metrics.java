package dev.sparkling.checkpoint.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.status.TrainingFigures;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The {@code metrics.jsonl} of a stage: one line per step and one per evaluation. Objects cannot be
 * appended to, so the whole file is written with each checkpoint, before its manifest. Steps after
 * the last checkpoint of a killed process are repeated and logged again.
 */
public final class Metrics {

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final List<Measurement> lines = new ArrayList<>();

  /** A line of the file. */
  private sealed interface Measurement permits Step, Evaluation {
    long step();
  }

  /**
   * An optimizer step.
   *
   * @param step counted from 1 over the whole run
   * @param tokens number of tokens trained on, counted over the whole run
   * @param loss loss of the step's batch before the update, in nats per token
   * @param learningRates learning rates of the blocks, that of block 0 first
   * @param modelFlopsUtilization FLOPs of the model's matrix products, relative to those of the
   *     machine's fastest matrix product in the same time; 0 if not measured
   * @param gradientNorm norm of all gradients before clipping
   * @param blockNorms gradient norm of each block before clipping, in the order of the rates
   * @param skipped whether the update was skipped because of a spike in the loss or the norm
   * @param routers measurements of the router of each layer with experts
   * @param stallSeconds time for which training waited for a checkpoint before this step
   */
  public record Step(
      long step,
      long tokens,
      double loss,
      List<Double> learningRates,
      double tokensPerSecond,
      double modelFlopsUtilization,
      double gradientNorm,
      List<Double> blockNorms,
      @JsonInclude(Include.NON_DEFAULT) boolean skipped,
      @JsonInclude(Include.NON_EMPTY) List<Router> routers,
      @JsonInclude(Include.NON_DEFAULT) double stallSeconds)
      implements Measurement {
    public Step {
      learningRates = copyOrEmpty(learningRates);
      blockNorms = copyOrEmpty(blockNorms);
      routers = copyOrEmpty(routers);
    }

    /** Returns the step's part of a stage's status. */
    public TrainingFigures figures() {
      return new TrainingFigures(step, tokens, loss, null, tokensPerSecond);
    }
  }

  /**
   * Measurements of the router of one layer in a step.
   *
   * @param balancing balancing loss, which is 1 if all experts are used evenly
   * @param z mean square of the log-sum-exp of the router's logits
   * @param largestLoad largest load of an expert, as a multiple of an even load
   */
  public record Router(double balancing, double z, double largestLoad) {}

  /**
   * An evaluation on the validation sequences after a step.
   *
   * @param validationLoss validation loss in nats per token
   * @param hiddenRms root mean square of the residual stream, after the embedding and after each
   *     layer; empty if not measured
   */
  public record Evaluation(long step, double validationLoss, List<Double> hiddenRms)
      implements Measurement {
    public Evaluation {
      hiddenRms = copyOrEmpty(hiddenRms);
    }

    /** Returns the root mean square of the last hidden state. */
    public Optional<Double> lastHiddenRms() {
      return hiddenRms.isEmpty() ? Optional.empty() : Optional.of(hiddenRms.getLast());
    }
  }

  /** Copies a list, which older files leave out. */
  private static <T> List<T> copyOrEmpty(List<T> list) {
    return List.copyOf(Objects.requireNonNullElse(list, List.of()));
  }

  /** Reads a stage's stored metrics; empty if there are none. */
  public static Metrics read(ObjectStore store, String stage) {
    Metrics metrics = new Metrics();
    String key = RunLayout.metrics(stage);
    store.readCurrent(key, (_, bytes) -> new String(bytes, StandardCharsets.UTF_8)).stream()
        .flatMap(String::lines)
        .forEach(line -> metrics.lines.add(decode(store.location(key), line)));
    return metrics;
  }

  public void add(Step step) {
    lines.add(step);
  }

  public void add(Evaluation evaluation) {
    lines.add(evaluation);
  }

  /** Returns all evaluations, in order. */
  public List<Evaluation> evaluations() {
    return all(Evaluation.class).toList();
  }

  /** Returns all steps, in order. */
  public List<Step> steps() {
    return all(Step.class).toList();
  }

  /** Returns the newest step; empty before the first. */
  public Optional<Step> lastStep() {
    return lines.reversed().stream()
        .filter(Step.class::isInstance)
        .map(Step.class::cast)
        .findFirst();
  }

  private <T extends Measurement> Stream<T> all(Class<T> type) {
    return lines.stream().filter(type::isInstance).map(type::cast);
  }

  /** Removes everything after a step. */
  public void truncate(long step) {
    lines.removeIf(line -> line.step() > step);
  }

  /** Returns an independent copy. */
  public Metrics copy() {
    Metrics copy = new Metrics();
    copy.lines.addAll(lines);
    return copy;
  }

  /** Returns the bytes of the whole file. */
  public byte[] encode() {
    return lines.stream()
        .map(Metrics::encode)
        .collect(Collectors.joining())
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String encode(Measurement line) {
    try {
      return JSON.writeValueAsString(line) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Measurement decode(String location, String line) {
    try {
      JsonNode tree = JSON.readTree(line);
      if (tree instanceof ObjectNode object && object.hasNonNull("step")) {
        return object.hasNonNull("validationLoss")
            ? JSON.treeToValue(object, Evaluation.class)
            : JSON.treeToValue(withUnknownFigures(object), Step.class);
      }
      throw new CorruptCheckpoint(location + ": is not a line of metrics: " + line);
    } catch (JsonProcessingException e) {
      throw new CorruptCheckpoint(location + ": a line cannot be read: " + line, e);
    }
  }

  /** Sets figures that an older file leaves out to NaN: they are unknown, not 0. */
  private static ObjectNode withUnknownFigures(ObjectNode step) {
    for (String figure : List.of("loss", "tokensPerSecond", "gradientNorm")) {
      if (!step.hasNonNull(figure)) {
        step.put(figure, Double.NaN);
      }
    }
    return step;
  }
}
