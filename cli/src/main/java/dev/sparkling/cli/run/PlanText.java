package dev.sparkling.cli.run;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.worker.text.Format;
import dev.sparkling.worker.text.TextTable;
import java.util.ArrayList;
import java.util.List;

/** A plan as a table, with its total cost and its warnings. */
final class PlanText {

  private PlanText() {}

  static List<String> lines(RunPlan plan) {
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
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(
        "total: %s FLOPs, %s less than training the widest model from scratch"
            .formatted(Format.flops(plan.flops()), Format.percent(plan.flopsSaved())));
    lines.add("FLOPs = 6 * active parameters * tokens (Eq. 29 of arXiv 2602.02472)");
    plan.warnings().forEach(warning -> lines.add("warning: " + warning));
    return lines;
  }
}
