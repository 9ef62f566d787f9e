package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.stream.Layout;
import dev.sparkling.expander.stream.WidenedTensors;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.ExpansionSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** One expansion, from reading the narrow checkpoint to the wide one's manifest. */
public final class ExpansionRun {

  private static final Set<DType> WIDENED = Set.of(DType.F32, DType.BF16, DType.F16);
  private static final int MIB_BITS = 20;

  private final CheckpointReader reader;
  private final ObjectStore from;
  private final ExpansionSpec spec;
  private final ExpansionOptions options;
  private final Optional<TrainerState> state;
  private final Widths newWidths;
  private final ExpansionPlan plan;

  private ExpansionRun(
      ObjectStore from, String fromFolder, ExpansionSpec spec, ExpansionOptions options) {
    this.from = from;
    this.spec = spec;
    this.options = options;
    this.reader = CheckpointReader.openAny(from, fromFolder);
    this.state = reader.state();
    this.newWidths = grownWidths(reader.model(), spec);
    this.plan =
        ExpansionPlan.of(reader.model(), newWidths.hiddenSize(), newWidths.innerSize(), spec);
  }

  /** Widens a checkpoint, to the end. */
  public static ExpansionReport run(
      ObjectStore from, String fromFolder, ObjectStore to, String toFolder, ExpansionSpec spec) {
    return run(from, fromFolder, to, toFolder, spec, ExpansionOptions.DEFAULT).orElseThrow();
  }

  /**
   * Widens a checkpoint. Nothing is left behind on an error, or when it is asked to stop.
   *
   * @param from store and folder of a complete checkpoint, or of a Hugging Face folder, which has
   *     no optimizer's state and neither has what becomes of it
   * @param to store and folder of the new one
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
      ExpansionOptions options) {
    ExpansionRun run = new ExpansionRun(from, fromFolder, spec, options);
    Map<FileKind, Layout> layouts = run.layOut();
    try (CheckpointWriter writer = new CheckpointWriter(to, toFolder)) {
      return Optional.of(run.write(layouts, writer, to.location(toFolder)));
    } catch (WidenedTensors.Stopped _) {
      return Optional.empty();
    }
  }

  /** Before anything is written or allocated. */
  private Map<FileKind, Layout> layOut() {
    Map<FileKind, Layout> layouts = new EnumMap<>(FileKind.class);
    for (FileKind kind : kinds()) {
      for (TensorSpec tensor : reader.tensors(kind)) {
        if (!WIDENED.contains(tensor.dtype())) {
          throw new UserError(
              "%s: %s is %s; F32, BF16 and F16 can be widened"
                  .formatted(reader.location(), tensor.name(), tensor.dtype()));
        }
      }
      Layout layout = Layout.of(reader.files(kind), plan.tensors());
      long least = WidenedTensors.leastMemory(layout);
      if (least > options.memoryBytes()) {
        throw new UserError(
            "--memory: %d MiB are too few for the rows of this model; at least %d MiB are needed"
                .formatted(options.memoryBytes() >> MIB_BITS, (least >> MIB_BITS) + 1));
      }
      layouts.put(kind, layout);
    }
    return layouts;
  }

  private List<FileKind> kinds() {
    return state.isPresent() ? List.of(FileKind.values()) : List.of(FileKind.MODEL);
  }

  /** That most weights have; Hugging Face's {@code config.json} names one. */
  private DType type() {
    return reader.tensors(FileKind.MODEL).getFirst().dtype();
  }

  private ExpansionReport write(
      Map<FileKind, Layout> layouts, CheckpointWriter writer, String location) {
    writer.writeConfiguration(plan.newModel(), type());
    long allBytes = layouts.values().stream().mapToLong(Layout::bytes).sum();
    long done = 0;
    List<TensorPlan> plans = new ArrayList<>();
    List<TensorReport> tensors = new ArrayList<>();
    for (Map.Entry<FileKind, Layout> entry : layouts.entrySet()) {
      FileKind kind = entry.getKey();
      long before = done;
      try (WidenedTensors widened =
          new WidenedTensors(
              from,
              reader,
              reader.files(kind),
              entry.getValue(),
              options.seed().orElse(state.map(TrainerState::seed).orElse(0L)),
              options.memoryBytes(),
              options.stopRequested(),
              bytes -> options.progress().widened(before + bytes, allBytes))) {
        writer.writeTensors(kind, widened);
        widened
            .finish()
            .forEach(
                (name, sums) -> {
                  TensorPlan tensor = Objects.requireNonNull(plan.tensors().get(name));
                  plans.add(tensor);
                  tensors.add(TensorReport.of(tensor, sums));
                });
      }
      done += entry.getValue().bytes();
    }
    Verification.check(location, plans, tensors);
    ExpansionReport report =
        new ExpansionReport(
            ExpansionReport.VERSION,
            state.map(TrainerState::step).orElse(0L),
            new Widths(reader.model().hiddenSize(), reader.model().innerSize()),
            newWidths,
            spec.initialization(),
            spec.optimizerState(),
            parameters(reader),
            newParameters(plan, reader),
            plan.newModel().logitScale(),
            tensors);
    writer.writeFile(ExpansionReport.NAME, report.encode());
    state.ifPresentOrElse(
        known -> writer.commit(expanded(known, newWidths, spec)), writer::commitWeights);
    return report;
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
