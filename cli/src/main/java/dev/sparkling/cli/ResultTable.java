package dev.sparkling.cli;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What a run reached: the validation loss where each stage begins and ends. */
final class ResultTable {

  private ResultTable() {}

  static void print(RunPlan plan, ObjectStore store, RunDatasets datasets, PrintWriter out) {
    TextTable table = new TextTable("STAGE", "", "STEP", "VALIDATION LOSS", "CHANGE");
    double before = Double.NaN;
    for (StagePlan stage : plan.stages()) {
      List<Evaluation> evaluations = Metrics.read(store, stage.name()).evaluations();
      if (evaluations.isEmpty()) {
        table.add(stage.name(), "its metrics are lost", "", "", "");
        before = Double.NaN;
        continue;
      }
      Evaluation first = evaluations.getFirst();
      Evaluation last = evaluations.getLast();
      table.add(
          stage.name(),
          stage.expansion() == null ? "at the start" : "after the expansion",
          Long.toString(first.step()),
          Format.loss(first.validationLoss()),
          change(before, first.validationLoss()));
      table.add(
          stage.name(),
          "at the end",
          Long.toString(last.step()),
          Format.loss(last.validationLoss()),
          change(first.validationLoss(), last.validationLoss()));
      before = last.validationLoss();
    }
    List<Evaluation> control = Metrics.read(store, RunLayout.CONTROL).evaluations();
    if (!control.isEmpty() && control.getLast().step() == plan.totalSteps()) {
      table.add(
          plan.stages().getFirst().name(),
          "had it gone on",
          Long.toString(control.getLast().step()),
          Format.loss(control.getLast().validationLoss()),
          change(control.getFirst().validationLoss(), control.getLast().validationLoss()));
    }
    table.add(
        "", "unigram entropy", "", Format.loss(datasets.validation().index().unigramEntropy()), "");
    out.println();
    table.lines().forEach(out::println);
    // All digits, so that two runs can be compared to the last bit.
    out.printf(
        "%nfinal validation loss %s%n",
        Double.isNaN(before) ? "unknown" : before + " nats a token");
  }

  private static String change(double before, double after) {
    return Double.isNaN(before)
        ? ""
        : String.format(Locale.ROOT, "%+.2f %%", 100 * (after / before - 1));
  }
}
