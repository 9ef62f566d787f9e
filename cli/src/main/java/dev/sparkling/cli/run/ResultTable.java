package dev.sparkling.cli.run;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.worker.run.RunSession;
import dev.sparkling.worker.text.Format;
import dev.sparkling.worker.text.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The results of a run as a table: the validation loss at the start and at the end of each stage.
 */
final class ResultTable {

  private ResultTable() {}

  static List<String> of(RunSession run, Dataset validation) {
    ObjectStore store = run.store();
    TextTable table = new TextTable("STAGE", "", "STEP", "VALIDATION LOSS", "CHANGE");
    double before = Double.NaN;
    for (StagePlan stage : run.plan().stages()) {
      List<Evaluation> evaluations = Metrics.read(store, stage.name()).evaluations();
      if (evaluations.isEmpty()) {
        table.add(stage.name(), "no metrics are stored", "", "", "");
        before = Double.NaN;
        continue;
      }
      Evaluation first = evaluations.getFirst();
      Evaluation last = evaluations.getLast();
      add(
          table,
          stage.name(),
          stage.expansion() == null ? "at the start" : "after the expansion",
          before,
          first);
      add(table, stage.name(), "at the end", first.validationLoss(), last);
      before = last.validationLoss();
    }
    List<Evaluation> control = Metrics.read(store, RunLayout.CONTROL).evaluations();
    if (!control.isEmpty() && control.getLast().step() == run.plan().totalSteps()) {
      add(table, "control", "at the end", control.getFirst().validationLoss(), control.getLast());
    }
    table.add("", "unigram entropy", "", Format.loss(validation.index().unigramEntropy()), "");
    List<String> lines = new ArrayList<>(List.of(""));
    lines.addAll(table.lines());
    lines.add("");
    // All digits, so that two runs can be compared bitwise.
    lines.add(
        "final validation loss " + (Double.isNaN(before) ? "unknown" : before + " nats per token"));
    return lines;
  }

  private static void add(
      TextTable table, String stage, String when, double before, Evaluation evaluation) {
    table.add(
        stage,
        when,
        Long.toString(evaluation.step()),
        Format.loss(evaluation.validationLoss()),
        Double.isNaN(before)
            ? ""
            : String.format(
                Locale.ROOT, "%+.2f %%", 100 * (evaluation.validationLoss() / before - 1)));
  }
}
