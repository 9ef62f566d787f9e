package dev.sparkling.worker.expand;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.expander.run.ExpansionProgress;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.worker.run.RunSession;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Expands the last checkpoint of a stage into the first one of the next stage, both in local runs
 * and in the expander's pod.
 *
 * @param run session of the run, which has begun
 * @param memoryBytes memory for reading and expanding
 * @param stopRequested returns whether to stop; called often
 * @param progress receives the number of bytes processed so far
 */
public record StageExpansion(
    RunSession run, long memoryBytes, BooleanSupplier stopRequested, ExpansionProgress progress) {

  /**
   * A complete expansion.
   *
   * @param status figures for the run's status
   * @param report report of the expansion; empty if an earlier worker has completed it
   */
  public record Expanded(ExpansionStatus status, Optional<ExpansionReport> report) {}

  /** Creates an expansion with the default memory. */
  public StageExpansion(RunSession run, BooleanSupplier stopRequested, ExpansionProgress progress) {
    this(run, MemoryOption.defaultBytes(), stopRequested, progress);
  }

  /**
   * Expands into a stage, unless its expansion is already complete.
   *
   * @return the expansion; empty if a stop was requested before it was complete
   */
  public Optional<Expanded> into(StagePlan stage) {
    ObjectStore store = run.store();
    if (run.writer().checkpoints().expansion(stage.name()).isPresent()) {
      return Optional.of(new Expanded(status(stage, null), Optional.empty()));
    }
    FencedCheckpoint source = source(stage);
    source.open(store); // checks that it is the one that was committed
    ExpansionSpec expansion = Objects.requireNonNull(stage.expansion());
    long begin = System.nanoTime();
    Optional<ExpansionReport> report =
        ExpansionRun.run(
            new CheckpointLocation(store, source.folder()),
            new StageTarget(run.writer(), stage.name()),
            expansion,
            ExpansionOptions.DEFAULT
                .withMemory(memoryBytes)
                .with(stopRequested, progress)
                .withNames(name -> path(stage, name)));
    double seconds = (System.nanoTime() - begin) / 1e9;
    return report.map(done -> new Expanded(status(stage, seconds), report));
  }

  /**
   * Returns the checkpoint that is expanded into a stage.
   *
   * @throws UserError if the stage before is not complete
   */
  public FencedCheckpoint source(StagePlan stage) {
    StagePlan before = before(stage);
    return run.writer()
        .checkpoints()
        .at(before.name(), before.lastStep())
        .orElseThrow(
            () ->
                new UserError(
                    "%s: stage %s has no checkpoint at its last step, %d; train it first"
                        .formatted(run.store().location(""), before.name(), before.lastStep())));
  }

  private StagePlan before(StagePlan stage) {
    return run.plan().stages().get(stage.index() - 1);
  }

  private ExpansionStatus status(StagePlan stage, @Nullable Double seconds) {
    String folder = run.writer().checkpoints().expansion(stage.name()).orElseThrow().folder();
    long bytes =
        CheckpointReader.open(run.store(), folder).manifest().stream()
            .flatMap(manifest -> manifest.files().values().stream())
            .mapToLong(Manifest.FileDigest::size)
            .sum();
    Optional<Evaluation> narrow =
        Metrics.read(run.store(), before(stage).name()).evaluations().reversed().stream()
            .findFirst();
    return new ExpansionStatus(
        narrow.flatMap(Evaluation::lastHiddenRms).orElse(null),
        null,
        narrow.map(Evaluation::validationLoss).orElse(null),
        null,
        seconds,
        bytes,
        ExpansionReport.read(run.store(), folder).warnings());
  }

  /** Returns the path in the resource of a setting that the expander's errors name. */
  private static String path(StagePlan stage, String name) {
    return name.equals("memory")
        ? "spec.expander.resources.limits.memory, a quarter of it"
        : "spec.stages[%d].expansion.%s".formatted(stage.index(), name);
  }
}
