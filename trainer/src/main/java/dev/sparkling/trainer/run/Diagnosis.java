package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.trainer.model.Batch;
import dev.sparkling.trainer.model.Transformer;
import dev.sparkling.trainer.model.Weights;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds where numbers stopped being finite in a step whose update was left out for it, so that the
 * weights are still those that made them.
 */
record Diagnosis(
    String stage,
    ObjectStore store,
    Transformer transformer,
    Weights<NDArray> weights,
    List<String> parameters,
    List<NDArray> gradients,
    List<Batch> batches) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the dump holds of one parameter: JSON has no infinities, so these are texts. */
  private record ParameterNorms(String weight, String gradient) {}

  /**
   * The dump.
   *
   * @param microBatch that is named, counted from 0; absent where every forward pass is finite
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Dump(
      long step,
      String loss,
      String gradientNorm,
      List<Double> learningRates,
      String where,
      @Nullable Integer microBatch,
      List<Long> tokens,
      Map<String, ParameterNorms> norms) {}

  private record Found(String where, Optional<Integer> microBatch) {}

  /** Writes a dump into the store and says what was found. */
  UserError of(Metrics.Step step) {
    Found found = find();
    String key = RunLayout.dump(stage, step.step());
    List<Long> tokens =
        found
            .microBatch()
            .map(i -> Arrays.stream(batches.get(i).tokens()).boxed().toList())
            .orElse(List.of());
    Dump dump =
        new Dump(
            step.step(),
            Double.toString(step.loss()),
            Double.toString(step.gradientNorm()),
            step.learningRates(),
            found.where(),
            found.microBatch().orElse(null),
            tokens,
            norms());
    store.write(key, encode(dump).getBytes(StandardCharsets.UTF_8));
    return new UserError(
        "step %d: loss is %s and the norm of the gradients %s; they stop being finite in %s%s. %s holds the numbers; a lower spec.training.learningRate.peak or a longer warm-up is the usual cure"
            .formatted(
                step.step(),
                step.loss(),
                step.gradientNorm(),
                found.where(),
                found.microBatch().map(i -> ", micro-batch " + i).orElse(""),
                store.location(key)));
  }

  private Found find() {
    for (int i = 0; i < batches.size(); i++) {
      Optional<String> where = transformer.firstNotFinite(weights, batches.get(i));
      if (where.isPresent()) {
        return new Found(where.get(), Optional.of(i));
      }
    }
    // The backward pass goes from the last layer to the first.
    for (int i = gradients.size() - 1; i >= 0; i--) {
      if (!Double.isFinite(norm(gradients.get(i)))) {
        return new Found("the gradient of " + parameters.get(i), Optional.empty());
      }
    }
    return new Found("the logits", Optional.empty());
  }

  private Map<String, ParameterNorms> norms() {
    Map<String, ParameterNorms> norms = new LinkedHashMap<>();
    List<NDArray> values = weights.all();
    for (int i = 0; i < values.size(); i++) {
      norms.put(
          parameters.get(i),
          new ParameterNorms(
              Double.toString(norm(values.get(i))), Double.toString(norm(gradients.get(i)))));
    }
    return norms;
  }

  private static double norm(NDArray array) {
    try (NDArray norm = array.flatten().norm()) {
      return norm.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private static String encode(Dump dump) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(dump);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
