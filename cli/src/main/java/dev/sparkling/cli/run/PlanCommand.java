package dev.sparkling.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.worker.argument.OutputOption;
import dev.sparkling.worker.run.Assignment;
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
    description = "Shows the size of each stage of a run, and its cost in FLOPs and memory.",
    mixinStandardHelpOptions = true)
public final class PlanCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
  private Path file;

  @Mixin private OutputOption output;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws JsonProcessingException {
    RunPlan plan = RunPlan.of(Assignment.ofResource(file, "", null).resource().spec());
    PrintWriter out = spec.commandLine().getOut();
    if (output.isJson()) {
      out.println(json(plan));
    } else {
      PlanText.lines(plan).forEach(out::println);
    }
    out.flush();
    return 0;
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
