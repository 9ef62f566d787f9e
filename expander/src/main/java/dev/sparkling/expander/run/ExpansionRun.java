package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.stream.Layout;
import dev.sparkling.expander.stream.SourceDigests;
import dev.sparkling.expander.stream.WidenedTensors;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** One expansion, from reading the narrow checkpoint to the wide one's manifest. */
public final class ExpansionRun {

  private static final Set<DType> WIDENED = Set.of(DType.F32, DType.BF16, DType.F16);
  private static final int MIB_BITS = 20;
  private static final long SAMPLE_BYTES = 256L << 20;

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
    this.reader =
        options.foreign()
            ? CheckpointReader.openAny(from, fromFolder)
            : CheckpointReader.open(from, fromFolder);
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
   * Widens a checkpoint. One that was stopped or killed is gone on with where the source is the
   * same and the same is asked for; what an error of the user or of the source has left is removed.
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
    long allBytes = run.check();
    try {
      return Optional.of(run.write(to, toFolder, allBytes));
    } catch (WidenedTensors.Stopped _) {
      return Optional.empty();
    } catch (UserError | CorruptCheckpoint e) {
      CheckpointWriter.resume(to, toFolder).discard();
      throw e;
    }
  }

  /**
   * Says what an expansion would do, and how fast it reads and widens a sample.
   *
   * @throws UserError where it would refuse to begin
   */
  public static ExpansionPreview preview(
      ObjectStore from, String fromFolder, ExpansionSpec spec, ExpansionOptions options) {
    ExpansionRun run = new ExpansionRun(from, fromFolder, spec, options);
    long newBytes = run.check();
    List<TensorSpec> old =
        run.kinds().stream().flatMap(kind -> run.reader.tensors(kind).stream()).toList();
    return new ExpansionPreview(
        new Widths(run.reader.model().hiddenSize(), run.reader.model().innerSize()),
        run.newWidths,
        parameters(run.reader),
        newParameters(run.plan, run.reader),
        run.plan.newModel().logitScale(),
        old.stream().mapToLong(TensorSpec::bytes).sum(),
        newBytes,
        run.sampleSpeed(),
        old.stream()
            .map(tensor -> Objects.requireNonNull(run.plan.tensors().get(tensor.name())))
            .map(TensorReport::planned)
            .toList());
  }

  /** New bytes a second, of the first ones. */
  private double sampleSpeed() {
    List<TensorFile> files = reader.files(FileKind.MODEL);
    Layout layout = Layout.of(files, plan.tensors());
    long begin = System.nanoTime();
    long bytes = 0;
    try (SourceDigests digests = new SourceDigests(from, reader, files);
        WidenedTensors widened =
            new WidenedTensors(
                from, files, layout, digests, 0, options.memoryBytes(), () -> false, _ -> {})) {
      while (bytes < Math.min(SAMPLE_BYTES, layout.bytes())) {
        bytes += widened.next().byteSize();
      }
    }
    return bytes / ((System.nanoTime() - begin) / 1e9);
  }

  /** Before anything is written or allocated; returns the bytes of all new tensors. */
  private long check() {
    long bytes = 0;
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
      bytes += layout.bytes();
    }
    return bytes;
  }

  private List<FileKind> kinds() {
    return state.isPresent() ? List.of(FileKind.values()) : List.of(FileKind.MODEL);
  }

  /** That most weights have; Hugging Face's {@code config.json} names one. */
  private DType type() {
    return reader.tensors(FileKind.MODEL).getFirst().dtype();
  }

  private ExpansionReport write(ObjectStore to, String toFolder, long allBytes) {
    long seed = options.seed().orElse(state.map(TrainerState::seed).orElse(0L));
    UnfinishedExpansion done =
        UnfinishedExpansion.find(to, toFolder, identity(seed))
            .orElseGet(() -> begin(to, toFolder, identity(seed)));
    try (CheckpointWriter writer = CheckpointWriter.resume(to, toFolder)) {
      writer.writeConfiguration(plan.newModel(), type());
      WidenedFiles files =
          new WidenedFiles(
              from,
              reader,
              plan,
              seed,
              options,
              writer,
              new WidenedFiles.Destination(to, toFolder),
              done,
              allBytes);
      files.write(kinds());
      List<TensorReport> tensors = files.reports(kinds());
      Verification.check(to.location(toFolder), plan.tensors(), tensors, options.tolerance());
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
      UnfinishedExpansion.remove(to, toFolder);
      return report;
    }
  }

  private static UnfinishedExpansion begin(ObjectStore to, String toFolder, String identity) {
    // Removes what stands there.
    new CheckpointWriter(to, toFolder).close();
    UnfinishedExpansion begun = UnfinishedExpansion.begun(identity);
    begun.write(to, toFolder);
    return begun;
  }

  /**
   * Digest of everything that the new tensors depend on, and of what is kept about those that are
   * written. The plan is part of it, so that files which another version planned by other rules are
   * not kept.
   */
  private String identity(long seed) {
    StringBuilder text = new StringBuilder(reader.identity());
    text.append("\nseed ").append(seed).append("\nreport ").append(ExpansionReport.VERSION);
    plan.tensors().values().forEach(tensor -> text.append('\n').append(tensor));
    return Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8));
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
            spec.norms(),
            spec.baseline(),
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
