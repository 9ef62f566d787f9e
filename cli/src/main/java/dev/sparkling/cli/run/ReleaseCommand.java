package dev.sparkling.cli.run;

import dev.sparkling.checkpoint.run.Fence;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.worker.run.StoreAccess;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "release",
    description = {
      "Hands over a run to another owner.",
      "A run in a bucket belongs to the ProgressiveTraining, or to the user, that started it. After",
      "this command, whoever starts the run next becomes its owner. A process that is still working",
      "on the run stops at its next checkpoint, which is not kept."
    },
    mixinStandardHelpOptions = true)
public final class ReleaseCommand implements Callable<Integer> {

  @Parameters(paramLabel = "URI", description = "Location of the run.")
  private String uri;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (ObjectStore store = StoreAccess.open(StoreUri.parse("URI", uri))) {
      Optional<Fence> before = RunWriter.release(store);
      if (before.isEmpty()) {
        throw new UserError(
            "URI: " + uri + " holds no fence.json, so it has no owner; name the folder of a run");
      }
      out.printf("%s: no longer belongs to %s%n", store.location(""), before.get().owner().name());
      out.flush();
    }
    return 0;
  }
}
