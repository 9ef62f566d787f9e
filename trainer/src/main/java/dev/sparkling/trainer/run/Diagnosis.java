package dev.sparkling.trainer.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.step.ParameterNorms;
import dev.sparkling.trainer.step.StepResult;
import dev.sparkling.trainer.step.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first non-finite numbers of a step or an evaluation, and writes a dump to the store.
 * The weights that caused them are unchanged, because the update of a step with such numbers is
 * skipped.
 */
record Diagnosis(String stage, ObjectStore store, TrainingStep trainingStep) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The dump. Numbers that may be infinite or NaN are strings, because JSON cannot represent them.
   *
   * @param loss loss of the step; absent for an evaluation
   * @param validationLoss validation loss; absent for a step
   * @param where part of the model, or gradient, with the first such numbers
   * @param microBatch index of the first forward pass with such numbers; absent if all are finite
   *     before the logits
   * @param tokens tokens of that forward pass; empty if there is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Dump(
      long step,
      @Nullable String loss,
      @Nullable String gradientNorm,
      @Nullable List<Double> learningRates,
      @Nullable String validationLoss,
      String where,
      @Nullable Integer microBatch,
      List<Long> tokens,
      Map<String, DumpedNorms> norms) {}

  private record DumpedNorms(String weight, String gradient) {}

  /** The location of the first numbers that are not finite, with their forward pass. */
  private record NonFiniteLocation(String name, Optional<Integer> microBatch, List<Long> tokens) {
    String described() {
      return name + microBatch.map(i -> ", micro-batch " + i).orElse("");
    }
  }

  /** Writes a dump of a step with non-finite numbers and returns the error to throw. */
  UserError ofStep(long step, StepResult result, List<Double> rates, Iterable<Batch> microBatches) {
    Map<String, ParameterNorms> norms = trainingStep.norms();
    NonFiniteLocation place =
        inForwardPass(microBatches).or(() -> inGradients(norms)).orElseGet(Diagnosis::inLogits);
    String loss = Double.toString(result.loss());
    String gradientNorm = Double.toString(result.gradientNorm());
    return write(
        "loss is " + loss + " and the gradient norm " + gradientNorm,
        place,
        new Dump(
            step,
            loss,
            gradientNorm,
            rates,
            null,
            place.name(),
            place.microBatch().orElse(null),
            place.tokens(),
            dumped(norms)));
  }

  /** Writes a dump of an evaluation with non-finite numbers and returns the error to throw. */
  UserError ofEvaluation(long step, EvaluationResult result, Iterable<Batch> batches) {
    NonFiniteLocation place = inForwardPass(batches).orElseGet(Diagnosis::inLogits);
    String loss = Double.toString(result.loss());
    return write(
        "validation loss is " + loss,
        place,
        new Dump(
            step,
            null,
            null,
            null,
            loss,
            place.name(),
            place.microBatch().orElse(null),
            place.tokens(),
            dumped(trainingStep.norms())));
  }

  private UserError write(String finding, NonFiniteLocation place, Dump dump) {
    String key = RunLayout.dump(stage, dump.step());
    store.write(key, encode(dump).getBytes(StandardCharsets.UTF_8));
    return new UserError(
        ErrorReason.TRAINING_DIVERGED,
        "step %d: %s; the first numbers that are not finite are in %s; %s has the details; a lower spec.training.learningRate.peak or a longer warm-up usually helps"
            .formatted(dump.step(), finding, place.described(), store.location(key)),
        null);
  }

  private Optional<NonFiniteLocation> inForwardPass(Iterable<Batch> batches) {
    int i = 0;
    for (Batch batch : batches) {
      Optional<String> name = trainingStep.transformer().firstNotFinite(batch);
      if (name.isPresent()) {
        List<Long> tokens = Arrays.stream(batch.tokens()).boxed().toList();
        return Optional.of(new NonFiniteLocation(name.get(), Optional.of(i), tokens));
      }
      i++;
    }
    return Optional.empty();
  }

  /** Searches from the last parameter to the first, the direction of the backward pass. */
  private static Optional<NonFiniteLocation> inGradients(Map<String, ParameterNorms> norms) {
    return List.copyOf(norms.entrySet()).reversed().stream()
        .filter(parameter -> !Double.isFinite(parameter.getValue().gradient()))
        .findFirst()
        .map(
            parameter ->
                new NonFiniteLocation(
                    "the gradient of " + parameter.getKey(), Optional.empty(), List.of()));
  }

  private static NonFiniteLocation inLogits() {
    return new NonFiniteLocation("the logits", Optional.empty(), List.of());
  }

  private static Map<String, DumpedNorms> dumped(Map<String, ParameterNorms> norms) {
    Map<String, DumpedNorms> dumped = new LinkedHashMap<>();
    norms.forEach(
        (name, ofParameter) ->
            dumped.put(
                name,
                new DumpedNorms(
                    Double.toString(ofParameter.weight()),
                    Double.toString(ofParameter.gradient()))));
    return dumped;
  }

  private static String encode(Dump dump) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(dump);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
