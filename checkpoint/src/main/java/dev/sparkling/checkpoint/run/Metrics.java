package dev.sparkling.checkpoint.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.layout.RunLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code metrics.jsonl} of a stage: a line for each step and for each evaluation. Objects cannot be
 * appended to, so that the file is written whole with each checkpoint, before its manifest; what a
 * killed process did after that is done, and logged, again.
 */
public final class Metrics {

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final List<Line> lines = new ArrayList<>();

  /**
   * An optimizer step.
   *
   * @param step counted from 1 over the whole run
   * @param tokens trained on in the whole run
   * @param loss of the step's batch before the step, in nats a token
   * @param learningRates of the blocks, the original curve's first
   * @param modelFlopsUtilization the speed as a share of the machine's best matrix product, by the
   *     FLOPs of the model's matrix products; 0 where it was not measured
   * @param gradientNorm of all gradients together, before clipping
   * @param blockNorms the same of each block's entries, in the order of the rates
   * @param skipped whether the update was left out because loss or norm was far off
   * @param routers of the layers of experts
   * @param stallSeconds that training stood still for a checkpoint before this step
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
      boolean skipped,
      List<Router> routers,
      double stallSeconds) {
    public Step {
      learningRates = List.copyOf(learningRates);
      blockNorms = List.copyOf(blockNorms);
      routers = List.copyOf(routers);
    }
  }

  /**
   * What the router of one layer did in a step.
   *
   * @param balancing its balancing loss: 1 where all experts are evenly used
   * @param z mean square of its logits' logarithmic sum
   * @param largestLoad of one expert, as a multiple of even use
   * @param dropped choices that no expert computed; always 0
   */
  public record Router(double balancing, double z, double largestLoad, long dropped) {}

  /**
   * What the model does on the validation sequences after a step.
   *
   * @param validationLoss in nats a token
   * @param hiddenRms root mean square of the residual stream: of the embedding, and after each
   *     layer; empty where it was not measured
   */
  public record Evaluation(long step, double validationLoss, List<Double> hiddenRms) {
    public Evaluation {
      hiddenRms = List.copyOf(hiddenRms);
    }

    /** Of the last hidden state. */
    public Optional<Double> lastHiddenRms() {
      return hiddenRms.isEmpty() ? Optional.empty() : Optional.of(hiddenRms.getLast());
    }
  }

  /** A line of either kind; the fields of the other are absent. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Line(
      long step,
      @Nullable Long tokens,
      @Nullable Double loss,
      @Nullable List<Double> learningRates,
      @Nullable Double tokensPerSecond,
      @Nullable Double modelFlopsUtilization,
      @Nullable Double gradientNorm,
      @Nullable List<Double> blockNorms,
      @Nullable Boolean skipped,
      @Nullable List<Router> routers,
      @Nullable Double stallSeconds,
      @Nullable Double validationLoss,
      @Nullable List<Double> hiddenRms) {

    Step asStep() {
      return new Step(
          step,
          Objects.requireNonNullElse(tokens, 0L),
          Objects.requireNonNullElse(loss, Double.NaN),
          Objects.requireNonNullElse(learningRates, List.of()),
          Objects.requireNonNullElse(tokensPerSecond, Double.NaN),
          Objects.requireNonNullElse(modelFlopsUtilization, 0.0),
          Objects.requireNonNullElse(gradientNorm, Double.NaN),
          Objects.requireNonNullElse(blockNorms, List.of()),
          Objects.requireNonNullElse(skipped, false),
          Objects.requireNonNullElse(routers, List.of()),
          Objects.requireNonNullElse(stallSeconds, 0.0));
    }
  }

  /** A stage's metrics as far as they are stored; empty where none are. */
  public static Metrics read(ObjectStore store, String stage) {
    Metrics metrics = new Metrics();
    String key = RunLayout.metrics(stage);
    store
        .find(key)
        .ifPresent(
            object -> {
              String text = new String(store.readAll(object), StandardCharsets.UTF_8);
              text.lines().forEach(line -> metrics.lines.add(decode(store.location(key), line)));
            });
    return metrics;
  }

  public void add(Step step) {
    lines.add(
        new Line(
            step.step(),
            step.tokens(),
            step.loss(),
            step.learningRates(),
            step.tokensPerSecond(),
            step.modelFlopsUtilization(),
            step.gradientNorm(),
            step.blockNorms(),
            step.skipped() ? true : null,
            step.routers().isEmpty() ? null : step.routers(),
            step.stallSeconds() == 0 ? null : step.stallSeconds(),
            null,
            null));
  }

  public void add(Evaluation evaluation) {
    lines.add(
        new Line(
            evaluation.step(),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            evaluation.validationLoss(),
            evaluation.hiddenRms()));
  }

  /** All evaluations, in order. */
  public List<Evaluation> evaluations() {
    return lines.stream()
        .filter(line -> line.validationLoss() != null)
        .map(
            line ->
                new Evaluation(
                    line.step(),
                    line.validationLoss(),
                    Objects.requireNonNullElse(line.hiddenRms(), List.of())))
        .toList();
  }

  /** All steps, in order. */
  public List<Step> steps() {
    return lines.stream().filter(line -> line.validationLoss() == null).map(Line::asStep).toList();
  }

  /** The newest step; empty before the first. */
  public Optional<Step> lastStep() {
    return lines.reversed().stream()
        .filter(line -> line.validationLoss() == null)
        .findFirst()
        .map(Line::asStep);
  }

  /** Forgets what came after a step. */
  public void truncate(long step) {
    lines.removeIf(line -> line.step() > step);
  }

  /** As they are now. */
  public Metrics copy() {
    Metrics copy = new Metrics();
    copy.lines.addAll(lines);
    return copy;
  }

  /** Writes the whole file. */
  public void write(ObjectStore store, String stage) {
    String text = lines.stream().map(Metrics::encode).collect(Collectors.joining());
    store.write(RunLayout.metrics(stage), text.getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(Line line) {
    try {
      return JSON.writeValueAsString(line) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Line decode(String location, String line) {
    try {
      return JSON.readValue(line, Line.class);
    } catch (JsonProcessingException e) {
      throw new CorruptCheckpoint(location + ": a line cannot be read: " + line, e);
    }
  }
}
