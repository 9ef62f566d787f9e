package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.RunStatus;
import dev.sparkling.cli.cluster.Runs;
import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.cli.cluster.ServerTable.TableRow;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.status.Phase;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "retry",
    description = {
      "Retries a failed or held run of a cluster.",
      "The run resumes from its newest checkpoint, with all its retries. A held run need not wait",
      "for its next check."
    },
    mixinStandardHelpOptions = true)
public final class RetryCommand implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The run.")
  private String name;

  @Mixin private ClusterOptions cluster;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Runs runs = Runs.open(cluster.choice(name))) {
      ServerTable table = runs.table();
      if (table.rows().isEmpty()) {
        throw GetCommand.missing(name, runs.description());
      }
      TableRow run = table.rows().getFirst();
      Phase phase = RunStatus.of(run).phase();
      if (phase != Phase.FAILED && phase != Phase.HELD) {
        throw new UserError(
            "run %s: is %s; only failed and held runs can be retried"
                .formatted(name, phase == null ? "new" : JsonNames.of(phase)));
      }
      runs.requestRetry(run, Instant.now().toString());
      out.printf("run %s: retry requested%n", name);
      out.flush();
    }
    return 0;
  }
}
