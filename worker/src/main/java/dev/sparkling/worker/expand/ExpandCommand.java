package dev.sparkling.worker.expand;

import dev.sparkling.expander.run.ExpansionPreview;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.argument.CheckpointArgument;
import dev.sparkling.worker.argument.JobInput;
import dev.sparkling.worker.expand.StageExpansion.Expanded;
import dev.sparkling.worker.process.StopSignal;
import dev.sparkling.worker.process.WorkerOptions;
import dev.sparkling.worker.run.Assignment;
import dev.sparkling.worker.run.RunSession;
import dev.sparkling.worker.text.Format;
import dev.sparkling.worker.text.ProgressLines;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "expand",
    description = "Expands a checkpoint and its optimizer state to larger widths.",
    sortOptions = false,
    sortSynopsis = false,
    mixinStandardHelpOptions = true)
public final class ExpandCommand implements Callable<Integer> {

  @ArgGroup(multiplicity = "1")
  private ExpandInput input;

  @Mixin private WorkerOptions worker;

  @Mixin private MemoryOption memory;

  @Spec private CommandSpec spec;

  /** The input: a job document, which names a stage to expand into, or any checkpoint. */
  static final class ExpandInput extends JobInput {
    @ArgGroup(exclusive = false)
    private @Nullable ExpansionArguments arguments;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (StopSignal stop = worker.stopSignal()) {
      ExpansionArguments arguments = input.arguments;
      JobResult result =
          arguments == null
              ? expandIntoStage(input.job(), stop, out)
              : arguments.isDryRun() ? preview(arguments, out) : expand(arguments, stop, out);
      return worker.finish(result, out);
    }
  }

  private JobResult expandIntoStage(Path job, StopSignal stop, PrintWriter out) {
    Assignment assignment = Assignment.ofJob(job, Work.EXPAND);
    try (RunSession run = RunSession.open(assignment)) {
      run.warnings().forEach(warning -> out.println("warning: " + warning));
      run.begin(Optional.empty());
      StagePlan stage = run.plan().stage(assignment.stage());
      Optional<Expanded> expanded =
          new StageExpansion(
                  run, memory.bytes(), stop::requested, new ProgressLines(out)::expansion)
              .into(stage);
      expanded
          .flatMap(Expanded::report)
          .ifPresent(report -> ExpansionText.lines(report).forEach(out::println));
      return expanded
          .map(
              done ->
                  new JobResult(
                      Outcome.COMPLETE, message(stage, done.status()), null, done.status()))
          .orElseGet(
              () ->
                  new JobResult(
                      Outcome.STOPPED,
                      stage.name() + ": stopped; expand again to resume",
                      null,
                      null));
    }
  }

  private static String message(StagePlan stage, ExpansionStatus status) {
    return status.seconds() == null || status.bytes() == null
        ? stage.name() + ": the expansion was already complete"
        : "%s: expanded, %s in %.1f s"
            .formatted(stage.name(), Format.bytes(status.bytes()), status.seconds());
  }

  private JobResult expand(ExpansionArguments arguments, StopSignal stop, PrintWriter out) {
    ExpansionSpec expansion = arguments.expansion();
    try (CheckpointArgument from = CheckpointArgument.openExisting("--from", arguments.from());
        CheckpointArgument to = CheckpointArgument.open("--to", arguments.to())) {
      to.requireFree(from);
      Optional<ExpansionReport> report =
          ArgumentErrors.naming(
              from,
              to,
              () ->
                  ExpansionRun.run(
                      from.at(),
                      to.at(),
                      expansion,
                      arguments
                          .options(memory)
                          .with(stop::requested, new ProgressLines(out)::expansion)));
      report.ifPresent(
          done -> {
            TensorTable.lines(done.tensors(), true).forEach(out::println);
            ExpansionText.lines(done).forEach(out::println);
          });
      return report.isPresent()
          ? new JobResult(Outcome.COMPLETE, "written to " + arguments.to(), null, null)
          : new JobResult(Outcome.STOPPED, "stopped; run again to resume", null, null);
    }
  }

  private JobResult preview(ExpansionArguments arguments, PrintWriter out) {
    ExpansionSpec expansion = arguments.expansion();
    try (CheckpointArgument from = CheckpointArgument.openExisting("--from", arguments.from())) {
      ExpansionPreview preview =
          ArgumentErrors.naming(
              from.name(),
              () -> ExpansionRun.preview(from.at(), expansion, arguments.options(memory)));
      TensorTable.lines(preview.tensors(), false).forEach(out::println);
      ExpansionText.lines(preview).forEach(out::println);
      return new JobResult(Outcome.COMPLETE, "nothing was written", null, null);
    }
  }
}
