package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks that stored checkpoints were made by the requested run (docs/adr/0007). Every difference
 * is reported with its path in the resource and both values; nothing is inferred from the stored
 * checkpoints.
 */
public final class RunIdentity {

  private final ProgressiveTrainingSpec spec;
  private final RunPlan plan;
  private final Optional<DataFingerprints> data;
  private final SortedMap<String, String> problems = new TreeMap<>();

  /**
   * Identity of the training shards.
   *
   * @param dataset SHA-256 of their {@code dataset.json}
   * @param tokenizer SHA-256 of the {@code tokenizer.json} with which they were made
   */
  public record DataFingerprints(String dataset, String tokenizer) {}

  /**
   * Creates the identity of the requested run.
   *
   * @param data fingerprints of the training shards; empty if they are not to be compared
   */
  public RunIdentity(ProgressiveTrainingSpec spec, RunPlan plan, Optional<DataFingerprints> data) {
    this.spec = spec;
    this.plan = plan;
    this.data = data;
  }

  /**
   * Compares every stage's expansion and newest checkpoint.
   *
   * @throws UserError naming every difference
   */
  public void check(ObjectStore store) {
    RunCheckpoints checkpoints = RunCheckpoints.read(store);
    for (StagePlan stage : plan.stages()) {
      // If the fence names none, a user may have put one there (RunWriter.adoptExpansion).
      compare(
          store,
          stage,
          checkpoints
              .expansion(stage.name())
              .map(FencedCheckpoint::folder)
              .orElse(RunLayout.expansion(stage.name())));
      checkpoints.newest(stage.name()).ifPresent(at -> compare(store, stage, at.folder()));
    }
    throwIfAny();
  }

  /**
   * Compares one checkpoint that a stage starts or resumes from, if it exists.
   *
   * @throws UserError naming every difference
   */
  public void check(ObjectStore store, StagePlan stage, String folder) {
    compare(store, stage, folder);
    throwIfAny();
  }

  private void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new UserError(List.copyOf(problems.values()));
    }
  }

  private void compare(ObjectStore store, StagePlan stage, String folder) {
    Optional<TrainerState> found = Checkpoints.state(store, folder);
    if (found.isEmpty()) {
      return;
    }
    TrainerState state = found.get();
    String location = store.location(folder);
    // The expansion belongs to this stage, but its settings are those of the previous stage.
    boolean expansion =
        RunLayout.folder(folder)
            .filter(at -> at.stage().equals(stage.name()) && at.step().isEmpty())
            .isPresent();
    compareSettings(
        RunSettings.of(spec, plan, expansion ? stage.index() - 1 : stage.index()), state, location);
    compareExpansions(stage, state.expansions(), location);
    compareData(state, location);
  }

  private void compareSettings(
      SortedMap<String, String> planned, TrainerState state, String location) {
    SortedMap<String, String> all = new TreeMap<>(planned);
    all.putAll(state.settings());
    for (String path : all.keySet()) {
      compare(path, planned.get(path), state.settings().get(path), location);
    }
    compare("spec.training.seed", spec.training().seed(), state.seed(), location);
  }

  private void compareExpansions(StagePlan stage, List<ExpansionRecord> done, String location) {
    List<StagePlan> widened = new ArrayList<>();
    for (StagePlan planned : plan.stages().subList(0, stage.index() + 1)) {
      if (planned.expansion() != null) {
        widened.add(planned);
      }
    }
    if (widened.size() != done.size()) {
      compare(
          "spec.stages[" + stage.index() + "]",
          widened.size() + " expansions before it",
          done.size() + " expansions before it",
          location);
      return;
    }
    for (int i = 0; i < done.size(); i++) {
      StagePlan planned = widened.get(i);
      ExpansionRecord was = done.get(i);
      ExpansionSpec expansion = Objects.requireNonNull(planned.expansion());
      String path = "spec.stages[" + planned.index() + "].expansion";
      if (problems.isEmpty()) {
        // Otherwise this difference follows from those that are already reported.
        compare(path, after(planned.firstStep()), after(was.step()), location);
      }
      compare(
          path + ".hiddenSize", planned.model().hiddenSize(), was.widths().hiddenSize(), location);
      compare(path + ".innerSize", planned.model().innerSize(), was.widths().innerSize(), location);
      compare(path + ".initialization", expansion.initialization(), was.initialization(), location);
      compare(path + ".optimizerState", expansion.optimizerState(), was.optimizerState(), location);
      compare(path + ".norms", expansion.norms(), was.norms(), location);
      compare(path + ".baseline", expansion.baseline(), was.baseline(), location);
      compare(
          path + ".rewarmup.ratio", expansion.rewarmup().ratio(), was.rewarmupRatio(), location);
      compare(
          path + ".rewarmup.steps", expansion.rewarmup().steps(), was.rewarmupSteps(), location);
    }
  }

  private static String after(long step) {
    return "one after step " + step;
  }

  private void compareData(TrainerState state, String location) {
    if (data.isEmpty()) {
      return;
    }
    DataFingerprints now = data.get();
    if (!state.tokenizerFingerprint().equals(now.tokenizer())) {
      problems.putIfAbsent(
          "spec.data.uri",
          "spec.data.uri: was made by tokenizer %s; %s was trained on tokenizer %s; a run cannot change its tokenizer"
              .formatted(now.tokenizer(), location, state.tokenizerFingerprint()));
    } else if (!state.dataFingerprint().equals(now.dataset())) {
      problems.putIfAbsent(
          "spec.data.uri",
          "spec.data.uri: is dataset %s; %s was trained on dataset %s; a run cannot change its data"
              .formatted(now.dataset(), location, state.dataFingerprint()));
    }
  }

  private void compare(
      String path, @Nullable Object planned, @Nullable Object was, String location) {
    if (!Objects.equals(planned, was)) {
      problems.putIfAbsent(
          path,
          "%s: %s is not the %s of %s; a run cannot change what it has used, so set it back or use another store"
              .formatted(path, shown(planned), shown(was), location));
    }
  }

  private static String shown(@Nullable Object value) {
    return value == null
        ? "nothing"
        : value instanceof Enum<?> one ? JsonNames.of(one) : value.toString();
  }
}
