package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.stream.ExpansionStopped;
import dev.sparkling.expander.stream.PortionLayout;
import dev.sparkling.expander.stream.SourceDigests;
import dev.sparkling.expander.stream.StreamSettings;
import dev.sparkling.expander.stream.WidenedTensors;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.plan.ExpansionWarnings;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.validation.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** An expansion, from reading the narrow checkpoint to writing the wide one's manifest. */
public final class ExpansionRun {

  private static final Set<DType> WIDENED = Set.of(DType.F32, DType.BF16, DType.F16);
  private static final int MIB_BITS = 20;
  private static final long SAMPLE_BYTES = 256L << 20;

  private final ExpansionInput input;
  private final ExpansionSpec spec;
  private final ExpansionOptions options;
  private final Optional<TrainerState> state;
  private final Widths newWidths;

  private ExpansionRun(CheckpointLocation from, ExpansionSpec spec, ExpansionOptions options) {
    this.spec = spec;
    this.options = options;
    CheckpointReader reader =
        options.allowHuggingFace()
            ? CheckpointReader.openAny(from.store(), from.folder())
            : CheckpointReader.open(from.store(), from.folder());
    this.state = reader.state();
    this.newWidths = newWidths(reader.model());
    this.input =
        new ExpansionInput(
            from.store(),
            reader,
            spec,
            ExpansionPlan.of(reader.model(), newWidths.hiddenSize(), newWidths.innerSize(), spec),
            options.seed().orElse(state.map(TrainerState::seed).orElse(0L)));
  }

  /** Widens a checkpoint with default options. */
  public static ExpansionReport run(
      CheckpointLocation from, CheckpointLocation to, ExpansionSpec spec) {
    return run(from, to, spec, ExpansionOptions.DEFAULT).orElseThrow();
  }

  /**
   * Widens a checkpoint, or resumes an expansion of the same input that was stopped or killed.
   *
   * @param from complete checkpoint, or Hugging Face folder, which has no optimizer state
   * @param to new or empty folder, or that of an unfinished expansion
   * @return the report; empty if a stop was requested
   * @throws UserError if the widths do not grow, the memory is too small or the source cannot be
   *     widened; nothing is left in the new folder
   * @throws CorruptCheckpoint if the source is damaged, or the result differs from the plan;
   *     complete files stay in the new folder as evidence, without a manifest, and the next run
   *     starts over
   */
  public static Optional<ExpansionReport> run(
      CheckpointLocation from,
      CheckpointLocation to,
      ExpansionSpec spec,
      ExpansionOptions options) {
    return run(from, ExpansionTarget.of(to), spec, options);
  }

  /**
   * Widens a checkpoint, or resumes an expansion of the same input that was stopped or killed.
   *
   * @param from complete checkpoint, or Hugging Face folder, which has no optimizer state
   * @param target decides where to write
   * @return the report; empty if a stop was requested
   * @throws UserError if the widths do not grow, the memory is too small, the source cannot be
   *     widened, or the target does not accept the result
   * @throws CorruptCheckpoint if the source is damaged, or the result differs from the plan;
   *     complete files stay as evidence, without a manifest, and the next run starts over
   */
  public static Optional<ExpansionReport> run(
      CheckpointLocation from,
      ExpansionTarget target,
      ExpansionSpec spec,
      ExpansionOptions options) {
    ExpansionRun run = new ExpansionRun(from, spec, options);
    run.check();
    String input = run.input.identity();
    Optional<CheckpointLocation> unfinished = target.unfinished();
    // Read once: another writer of the folder removes the record when it completes the expansion.
    Optional<UnfinishedExpansion> done =
        unfinished
            .flatMap(UnfinishedExpansion::find)
            .filter(known -> known.identity().equals(input));
    CheckpointLocation to = done.isPresent() ? unfinished.orElseThrow() : target.begin();
    try {
      return Optional.of(run.write(target, to, done.orElseGet(() -> run.start(to))));
    } catch (ExpansionStopped _) {
      return Optional.empty();
    } catch (UserError e) {
      target.abandon(to);
      throw e;
    } catch (CorruptCheckpoint e) {
      keepAsEvidence(to, e);
      throw e;
    }
  }

  private static void keepAsEvidence(CheckpointLocation to, CorruptCheckpoint error) {
    try {
      UnfinishedExpansion.find(to)
          .ifPresent(done -> done.rejected(String.valueOf(error.getMessage())).write(to));
    } catch (SparklingException e) {
      error.addSuppressed(e);
    }
  }

  /**
   * Computes the effect of an expansion, and measures the speed of reading and widening a sample.
   *
   * @throws UserError if the expansion would refuse to start
   */
  public static ExpansionPreview preview(
      CheckpointLocation from, ExpansionSpec spec, ExpansionOptions options) {
    ExpansionRun run = new ExpansionRun(from, spec, options);
    run.check();
    List<TensorSpec> old =
        run.input.kinds().stream()
            .flatMap(kind -> run.input.reader().tensors(kind).stream())
            .toList();
    return new ExpansionPreview(
        run.modelChange(),
        old.stream().mapToLong(TensorSpec::bytes).sum(),
        run.input.newBytes(),
        run.sampleSpeed(),
        run.planWarnings(),
        old.stream().map(tensor -> TensorReport.planned(run.input.plan(tensor.name()))).toList());
  }

  /** Measures the speed of widening a sample of the weights, in new bytes per second. */
  private double sampleSpeed() {
    PortionLayout layout = input.layout(FileKind.MODEL);
    StreamSettings settings =
        new StreamSettings(
            input.seed(), options.memoryBytes(), input.reader().location(), () -> false, _ -> {});
    long start = System.nanoTime();
    long bytes = 0;
    try (SourceDigests digests =
            new SourceDigests(input.store(), input.reader(), input.reader().files(FileKind.MODEL));
        WidenedTensors widened = new WidenedTensors(input.store(), layout, digests, settings)) {
      while (bytes < Math.min(SAMPLE_BYTES, layout.bytes())) {
        bytes += widened.next().byteSize();
      }
    }
    return bytes / ((System.nanoTime() - start) / 1e9);
  }

  /** Checks what can be checked before anything is written or allocated. */
  private void check() {
    for (FileKind kind : input.kinds()) {
      for (TensorSpec tensor : input.reader().tensors(kind)) {
        if (!WIDENED.contains(tensor.dtype())) {
          throw new UserError(
              "%s: %s is %s; F32, BF16 and F16 can be widened"
                  .formatted(input.reader().location(), tensor.name(), tensor.dtype()));
        }
      }
      long minimum = WidenedTensors.minimumMemory(input.layout(kind));
      if (minimum > options.memoryBytes()) {
        throw new UserError(
            "%s: %d MiB is too little for the rows of this model; at least %d MiB is needed"
                .formatted(
                    options.nameOf().apply("memory"),
                    options.memoryBytes() >> MIB_BITS,
                    (minimum >> MIB_BITS) + 1));
      }
    }
  }

  private ExpansionReport write(
      ExpansionTarget target, CheckpointLocation to, UnfinishedExpansion done) {
    try (CheckpointWriter writer = CheckpointWriter.resume(to.store(), to.folder())) {
      // Hugging Face's config.json has a single type; that of the first weight is used.
      writer.writeConfiguration(
          input.plan().newModel(), input.reader().tensors(FileKind.MODEL).getFirst().dtype());
      WidenedFiles files = new WidenedFiles(input, options, to, writer, done);
      files.write();
      ExpansionReport report = report(to, files.reports());
      writer.writeFile(ExpansionReport.NAME, report.encode());
      Manifest manifest =
          state
              .map(known -> writer.commit(known.with(expansionRecord(known))))
              .orElseGet(writer::commitWeights);
      target.complete(to, manifest);
      UnfinishedExpansion.remove(to);
      return report;
    }
  }

  /** Empties the folder and records that an expansion has started. */
  private UnfinishedExpansion start(CheckpointLocation to) {
    new CheckpointWriter(to.store(), to.folder()).close();
    UnfinishedExpansion started = UnfinishedExpansion.empty(input.identity());
    started.write(to);
    return started;
  }

  private ExpansionReport report(CheckpointLocation to, List<TensorReport> tensors) {
    List<String> warnings = new ArrayList<>(planWarnings());
    warnings.addAll(
        Verification.check(to.toString(), input.plan().tensors(), tensors, spec.tolerance()));
    return new ExpansionReport(
        ExpansionReport.VERSION,
        state.map(TrainerState::step).orElse(0L),
        modelChange(),
        spec.initialization(),
        spec.optimizerState(),
        warnings,
        tensors);
  }

  private List<String> planWarnings() {
    ModelConfiguration model = input.reader().model();
    return ExpansionWarnings.of(spec, model.hiddenSize(), model.innerSize());
  }

  private ModelChange modelChange() {
    ModelConfiguration model = input.reader().model();
    List<TensorSpec> weights = input.reader().tensors(FileKind.MODEL);
    return new ModelChange(
        new Widths(model.hiddenSize(), model.innerSize()),
        newWidths,
        weights.stream().mapToLong(TensorSpec::elements).sum(),
        weights.stream()
            .map(tensor -> input.plan(tensor.name()))
            .mapToLong(plan -> plan.wideRows() * plan.wideColumns())
            .sum(),
        input.plan().newModel().logitScale());
  }

  private ExpansionRecord expansionRecord(TrainerState before) {
    return ExpansionRecord.of(before.step(), newWidths, spec);
  }

  private Widths newWidths(ModelConfiguration model) {
    int hidden = spec.hiddenSize() == 0 ? model.hiddenSize() : spec.hiddenSize();
    int inner = spec.innerSize() == 0 ? model.innerSize() : spec.innerSize();
    String hiddenName = options.nameOf().apply("hiddenSize");
    String innerName = options.nameOf().apply("innerSize");
    Problems problems = new Problems();
    problems.require(
        hidden >= model.hiddenSize(),
        hiddenName,
        hidden + " is smaller than the checkpoint's " + model.hiddenSize() + "; it may only grow");
    problems.require(
        inner >= model.innerSize(),
        innerName,
        inner + " is smaller than the checkpoint's " + model.innerSize() + "; it may only grow");
    problems.require(
        hidden != model.hiddenSize() || inner != model.innerSize(),
        hiddenName + ", " + innerName,
        hidden + " and " + inner + " are the checkpoint's already; one must be larger");
    problems.throwIfAny();
    return new Widths(hidden, inner);
  }
}
