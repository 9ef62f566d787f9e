package dev.sparkling.checkpoint.format;

import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The state besides tensors that a trainer needs to resume exactly: {@code trainer-state.json}.
 *
 * @param step number of optimizer steps since the start of the run; also AdamW's step for the bias
 *     correction of every tensor, which an expansion does not reset
 * @param tokens number of tokens trained on since the start of the run
 * @param seed seed of the run
 * @param threads number of CPU threads; results are bitwise equal only for the same number
 * @param dataFingerprint SHA-256 of the training shards' {@code dataset.json}
 * @param tokenizerFingerprint SHA-256 of the {@code tokenizer.json} with which the shards were made
 * @param initialWidths widths of the narrowest model
 * @param settings other fields of the resource that determined the values, by path; a run resumes
 *     only with the same values
 * @param expansions expansions in order; they define the blocks of every tensor
 */
public record TrainerState(
    long step,
    long tokens,
    long seed,
    int threads,
    String dataFingerprint,
    String tokenizerFingerprint,
    Widths initialWidths,
    Map<String, String> settings,
    List<ExpansionRecord> expansions) {

  public static final String NAME = "trainer-state.json";

  public TrainerState {
    if (step < 0 || tokens < 0 || threads < 1) {
      throw new IllegalArgumentException(
          "step %d and tokens %d must not be negative, threads %d not below 1"
              .formatted(step, tokens, threads));
    }
    Objects.requireNonNull(dataFingerprint, "dataFingerprint");
    Objects.requireNonNull(tokenizerFingerprint, "tokenizerFingerprint");
    Objects.requireNonNull(initialWidths, "initialWidths");
    settings.forEach(Objects::requireNonNull);
    settings = Collections.unmodifiableMap(new TreeMap<>(settings));
    expansions = List.copyOf(expansions);
    checkGrowth(initialWidths, expansions);
  }

  /** The widths that grow. */
  public record Widths(int hiddenSize, int innerSize) {
    public Widths {
      if (hiddenSize < 1 || innerSize < 1) {
        throw new IllegalArgumentException(
            "widths %d and %d must be above 0".formatted(hiddenSize, innerSize));
      }
    }
  }

  /**
   * A completed expansion.
   *
   * @param step step after which it was done
   * @param widths widths after it
   * @param initialization initialization of the new entries
   * @param optimizerState optimizer-state strategy
   * @param norms how the weights of norms were widened
   * @param baseline parameters of the baseline initializations
   * @param rewarmupRatio {@code rho} of Eq. 27
   * @param rewarmupSteps {@code tau_w} of Eq. 27
   */
  public record ExpansionRecord(
      long step,
      Widths widths,
      Initialization initialization,
      OptimizerStateStrategy optimizerState,
      NormInitialization norms,
      BaselineSpec baseline,
      double rewarmupRatio,
      int rewarmupSteps) {

    /** Creates a record with the default norms and baseline. */
    public ExpansionRecord(
        long step,
        Widths widths,
        Initialization initialization,
        OptimizerStateStrategy optimizerState,
        double rewarmupRatio,
        int rewarmupSteps) {
      this(
          step,
          widths,
          initialization,
          optimizerState,
          NormInitialization.COPY,
          BaselineSpec.DEFAULT,
          rewarmupRatio,
          rewarmupSteps);
    }

    /** Creates the record of an expansion as it was requested. */
    public static ExpansionRecord of(long step, Widths widths, ExpansionSpec spec) {
      return new ExpansionRecord(
          step,
          widths,
          spec.initialization(),
          spec.optimizerState(),
          spec.norms(),
          spec.baseline(),
          spec.rewarmup().ratio(),
          spec.rewarmup().steps());
    }

    public ExpansionRecord {
      Objects.requireNonNull(widths, "widths");
      Objects.requireNonNull(initialization, "initialization");
      Objects.requireNonNull(optimizerState, "optimizerState");
      Objects.requireNonNull(norms, "norms");
      Objects.requireNonNull(baseline, "baseline");
      if (step < 0 || rewarmupSteps < 0) {
        throw new IllegalArgumentException(
            "step %d and rewarmupSteps %d must not be negative".formatted(step, rewarmupSteps));
      }
      if (!(rewarmupRatio > 0 && Double.isFinite(rewarmupRatio))) {
        throw new IllegalArgumentException(
            "rewarmupRatio " + rewarmupRatio + " is not above 0 and finite");
      }
    }
  }

  private static void checkGrowth(Widths initialWidths, List<ExpansionRecord> expansions) {
    Widths before = initialWidths;
    for (ExpansionRecord expansion : expansions) {
      Widths after = expansion.widths();
      if (after.hiddenSize() < before.hiddenSize() || after.innerSize() < before.innerSize()) {
        throw new IllegalArgumentException("an expansion to " + after + " shrinks " + before);
      }
      before = after;
    }
  }

  /** Returns the state after another expansion. */
  public TrainerState with(ExpansionRecord expansion) {
    List<ExpansionRecord> all = new ArrayList<>(expansions);
    all.add(expansion);
    return new TrainerState(
        step,
        tokens,
        seed,
        threads,
        dataFingerprint,
        tokenizerFingerprint,
        initialWidths,
        settings,
        all);
  }

  /** Returns the current widths. */
  public Widths widths() {
    return expansions.isEmpty() ? initialWidths : expansions.getLast().widths();
  }

  public byte[] encode() {
    return FormatJson.encode(this);
  }

  static TrainerState decode(String location, byte[] bytes) {
    return FormatJson.decode(location, bytes, TrainerState.class);
  }
}
