package dev.sparkling.cli;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.RunIdentity;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.cli.pod.StoredProgress;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.ExpansionStatus;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The expansion between two stages of a run. */
final class StageExpansion {

  private StageExpansion() {}

  /** Widens the last checkpoint of the stage before, unless that is done already. */
  static JobResult run(JobFile job, long memoryBytes, StopSignal stop, PrintWriter out) {
    RunPlan plan = RunPlan.of(job.resource().spec());
    StagePlan stage = plan.stage(job.stage());
    StagePlan before = plan.stages().get(stage.index() - 1);
    try (RunLock _ = RunLock.acquire(job.store());
        ObjectStore store = Arguments.open(job.store(), job.resource().spec().storage())) {
      new RunIdentity(job.resource().spec(), plan, Optional.empty()).check(store);
      String folder = RunLayout.expansion(stage.name());
      if (Checkpoints.exists(store, folder)) {
        return complete(stage, before, store, null);
      }
      long begin = System.nanoTime();
      Optional<ExpansionReport> report =
          ExpansionRun.run(
              new CheckpointLocation(store, RunLayout.checkpoint(before.name(), before.lastStep())),
              new CheckpointLocation(store, folder),
              Objects.requireNonNull(stage.expansion()),
              ExpansionOptions.DEFAULT
                  .withMemory(memoryBytes)
                  .with(stop::requested, new ProgressLines(out)::expansion)
                  .withNames(parameter -> path(stage, parameter)));
      if (report.isEmpty()) {
        return new JobResult(
            Outcome.STOPPED, stage.name() + ": stopped; expand again to go on", null, null);
      }
      ExpandCommand.print(report.get(), out);
      return complete(stage, before, store, (System.nanoTime() - begin) / 1e9);
    }
  }

  private static String path(StagePlan stage, String parameter) {
    return parameter.equals("memory")
        ? parameter
        : "spec.stages[%d].expansion.%s".formatted(stage.index(), parameter);
  }

  private static JobResult complete(
      StagePlan stage, StagePlan before, ObjectStore store, @Nullable Double seconds) {
    String folder = RunLayout.expansion(stage.name());
    long bytes =
        CheckpointReader.open(store, folder).manifest().stream()
            .flatMap(manifest -> manifest.files().values().stream())
            .mapToLong(Manifest.FileDigest::size)
            .sum();
    Optional<Evaluation> narrow = StoredProgress.lastEvaluation(before, store);
    ExpansionStatus status =
        new ExpansionStatus(
            narrow.flatMap(Evaluation::lastHiddenRms).orElse(null),
            null,
            narrow.map(Evaluation::validationLoss).orElse(null),
            null,
            seconds,
            bytes,
            ExpansionReport.read(store, folder).warnings());
    return new JobResult(
        Outcome.COMPLETE,
        seconds == null
            ? stage.name() + ": the expansion was complete already"
            : "%s: expanded, %s in %.1f s".formatted(stage.name(), Format.bytes(bytes), seconds),
        null,
        status);
  }
}
