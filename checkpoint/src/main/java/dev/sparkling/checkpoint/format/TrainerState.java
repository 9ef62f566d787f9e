package dev.sparkling.checkpoint.format;

import java.util.List;

/**
 * What a trainer needs beside tensors to go on exactly: {@code trainer-state.json}.
 *
 * @param step optimizer steps since the beginning of the run; also AdamW's count for the bias
 *     correction of every tensor, which an expansion does not reset (method.md 3)
 * @param tokens trained on since the beginning of the run
 * @param seed of the run
 * @param threads of the CPU; results are bitwise equal for equal thread counts only
 * @param dataFingerprint SHA-256 of the training shards' {@code dataset.json}
 * @param tokenizerFingerprint SHA-256 of the {@code tokenizer.json} that made the shards
 * @param initialWidths of the narrowest model
 * @param expansions in order; they determine every tensor's blocks
 */
public record TrainerState(
    long step,
    long tokens,
    long seed,
    int threads,
    String dataFingerprint,
    String tokenizerFingerprint,
    Widths initialWidths,
    List<ExpansionRecord> expansions) {

  public static final String NAME = "trainer-state.json";

  public TrainerState {
    if (step < 0 || tokens < 0 || threads < 1) {
      throw new IllegalArgumentException(
          "step %d and tokens %d must not be negative, threads %d not below 1"
              .formatted(step, tokens, threads));
    }
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
   * An expansion that was done.
   *
   * @param step after which it was done
   * @param widths after it
   * @param rewarmupRatio {@code rho} of Eq. 27
   * @param rewarmupSteps {@code tau_w} of Eq. 27
   */
  public record ExpansionRecord(long step, Widths widths, double rewarmupRatio, int rewarmupSteps) {
    public ExpansionRecord {
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
        throw new IllegalArgumentException("an expansion's " + after + " shrink " + before);
      }
      before = after;
    }
  }

  /** The widths now. */
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
