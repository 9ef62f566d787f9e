package dev.sparkling.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "plan",
    description = "Shows what a run costs before any of it is spent.",
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
  private Path file;

  @Mixin private OutputOption output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws JsonProcessingException {
    RunPlan plan = RunPlan.of(Arguments.resource(file).spec());
    PrintWriter out = spec.commandLine().getOut();
    if (output.isJson()) {
      out.println(json(plan));
    } else {
      print(plan, out);
    }
    out.flush();
    return 0;
  }

  /** The plan as a table, with what it changed of the resource. */
  static void print(RunPlan plan, PrintWriter out) {
    TextTable table =
        new TextTable(
            "STAGE",
            "HIDDEN",
            "INNER",
            "PARAMETERS",
            "ACTIVE",
            "STEPS",
            "TOKENS",
            "FLOPS",
            "CHECKPOINT",
            "MEMORY");
    for (StagePlan stage : plan.stages()) {
      table.add(
          stage.name(),
          Integer.toString(stage.model().hiddenSize()),
          Integer.toString(stage.model().innerSize()),
          Format.count(stage.parameters().total()),
          Format.count(stage.parameters().active()),
          Long.toString(stage.steps()),
          Format.count(stage.tokens()),
          Format.flops(stage.flops()),
          Format.bytes(stage.checkpointBytes()),
          Format.bytes(stage.memory().total()));
    }
    table.lines().forEach(out::println);
    out.printf(
        "%s FLOPs in all, %s of training wide from scratch saved%n",
        Format.flops(plan.flops()), Format.percent(plan.flopsSaved()));
    out.println("FLOPs = 6 * active parameters * tokens (Eq. 29)");
    plan.warnings().forEach(warning -> out.println("note: " + warning));
  }

  private static String json(RunPlan plan) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    for (StagePlan stage : plan.stages()) {
      root.withArray("stages")
          .addObject()
          .put("name", stage.name())
          .put("hiddenSize", stage.model().hiddenSize())
          .put("innerSize", stage.model().innerSize())
          .put("parameters", stage.parameters().total())
          .put("activeParameters", stage.parameters().active())
          .put("steps", stage.steps())
          .put("tokens", stage.tokens())
          .put("flops", stage.flops())
          .put("checkpointBytes", stage.checkpointBytes())
          .put("memoryBytes", stage.memory().total());
    }
    root.put("flops", plan.flops());
    root.put("flopsFromScratch", plan.flopsFromScratch());
    root.put("flopsSaved", plan.flopsSaved());
    plan.warnings().forEach(root.withArray("warnings")::add);
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }
}
