package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ExpansionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** One expansion, from reading the narrow checkpoint to the wide one's manifest. */
public final class ExpansionRun {

  private ExpansionRun() {}

  /** Widens a checkpoint, to the end. */
  public static ExpansionReport run(
      ObjectStore from, String fromFolder, ObjectStore to, String toFolder, ExpansionSpec spec) {
    return run(from, fromFolder, to, toFolder, spec, () -> false, ExpansionProgress.NONE)
        .orElseThrow();
  }

  /**
   * Widens a checkpoint. Nothing is left behind on an error, or when it is asked to stop.
   *
   * @param from store and folder of a complete checkpoint
   * @param to store and folder of the new one
   * @param stopRequested asked before every tensor
   * @param progress told after every tensor
   * @return empty where it was asked to stop
   * @throws UserError where the widths do not grow, naming {@code --hidden-size} or {@code
   *     --inner-size}
   */
  public static Optional<ExpansionReport> run(
      ObjectStore from,
      String fromFolder,
      ObjectStore to,
      String toFolder,
      ExpansionSpec spec,
      BooleanSupplier stopRequested,
      ExpansionProgress progress) {
    CheckpointReader reader = CheckpointReader.open(from, fromFolder);
    TrainerState state =
        reader.state().orElseThrow(() -> new IllegalStateException("a manifest names its state"));
    ModelConfiguration model = reader.model();
    Widths newWidths = grownWidths(model, spec);
    ExpansionPlan plan =
        ExpansionPlan.of(
            model,
            newWidths.hiddenSize(),
            newWidths.innerSize(),
            spec.initialization(),
            spec.optimizerState());

    MemoryNeed.check(plan, MemoryNeed.ofThisMachine());
    long done = 0;
    try (CheckpointWriter writer = new CheckpointWriter(to, toFolder)) {
      writer.writeConfiguration(plan.newModel());
      List<TensorReport> tensors = new ArrayList<>();
      for (FileKind kind : FileKind.values()) {
        try (WidenedTensors widened =
            new WidenedTensors(
                plan, reader.read(kind), reader.location(), done, stopRequested, progress)) {
          writer.writeTensors(kind, widened);
          tensors.addAll(widened.reports());
          done = widened.bytes();
        }
      }
      ExpansionReport report =
          new ExpansionReport(
              ExpansionReport.VERSION,
              state.step(),
              new Widths(model.hiddenSize(), model.innerSize()),
              newWidths,
              spec.initialization(),
              spec.optimizerState(),
              parameters(reader),
              newParameters(plan, reader),
              plan.newModel().logitScale(),
              tensors);
      writer.writeFile(ExpansionReport.NAME, report.encode());
      writer.commit(expanded(state, newWidths, spec));
      return Optional.of(report);
    } catch (WidenedTensors.Stopped _) {
      return Optional.empty();
    }
  }

  private static Widths grownWidths(ModelConfiguration model, ExpansionSpec spec) {
    int hidden = spec.hiddenSize() == 0 ? model.hiddenSize() : spec.hiddenSize();
    int inner = spec.innerSize() == 0 ? model.innerSize() : spec.innerSize();
    List<String> problems = new ArrayList<>();
    if (hidden < model.hiddenSize()) {
      problems.add(
          "--hidden-size: %d is smaller than the checkpoint's %d; it may only widen"
              .formatted(hidden, model.hiddenSize()));
    }
    if (inner < model.innerSize()) {
      problems.add(
          "--inner-size: %d is smaller than the checkpoint's %d; it may only widen"
              .formatted(inner, model.innerSize()));
    }
    if (hidden == model.hiddenSize() && inner == model.innerSize()) {
      problems.add(
          "--hidden-size, --inner-size: %d and %d are the checkpoint's already; one must be larger"
              .formatted(hidden, inner));
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
    return new Widths(hidden, inner);
  }

  private static TrainerState expanded(TrainerState state, Widths newWidths, ExpansionSpec spec) {
    List<ExpansionRecord> expansions = new ArrayList<>(state.expansions());
    expansions.add(
        new ExpansionRecord(
            state.step(),
            newWidths,
            spec.initialization(),
            spec.optimizerState(),
            spec.rewarmup().ratio(),
            spec.rewarmup().steps()));
    return new TrainerState(
        state.step(),
        state.tokens(),
        state.seed(),
        state.threads(),
        state.dataFingerprint(),
        state.tokenizerFingerprint(),
        state.initialWidths(),
        state.settings(),
        expansions);
  }

  private static long parameters(CheckpointReader reader) {
    return reader.tensors(FileKind.MODEL).stream().mapToLong(TensorSpec::elements).sum();
  }

  private static long newParameters(ExpansionPlan plan, CheckpointReader reader) {
    return reader.tensors(FileKind.MODEL).stream()
        .map(tensor -> plan.tensors().get(tensor.name()))
        .mapToLong(tensor -> tensor == null ? 0 : elements(tensor.newShape()))
        .sum();
  }

  private static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }
}
