package dev.sparkling.cli.report;

import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.Metrics.Router;
import dev.sparkling.checkpoint.run.Metrics.Step;
import dev.sparkling.cli.report.Chart.Points;
import dev.sparkling.cli.report.StoredRun.StoredStage;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.expander.run.TensorReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;

/** The charts of a run. */
final class RunCharts {

  /**
   * More points than a screen has columns could not be distinguished and would make the page
   * larger.
   */
  private static final int MAX_POINTS = 1500;

  private static final Pattern IN_LAYER =
      Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)\\.weight");

  private RunCharts() {}

  static List<Chart> of(StoredRun run) {
    List<Chart> charts = new ArrayList<>();
    charts.add(losses(run));
    charts.add(learningRates(run));
    charts.add(gradientNorms(run));
    if (run.stages().stream().anyMatch(RunCharts::hasExperts)) {
      charts.add(routers(run));
    }
    for (int i = 1; i < run.stages().size(); i++) {
      StoredStage before = run.stages().get(i - 1);
      StoredStage after = run.stages().get(i);
      hiddenRms(before, after, charts);
      after.expansion().ifPresent(expansion -> charts.add(ratios(after.name(), expansion)));
    }
    return charts;
  }

  private static Chart losses(StoredRun run) {
    List<Points> lines = new ArrayList<>();
    for (StoredStage stage : run.stages()) {
      lines.add(new Points(stage.name() + ", training", false, means(stage, Step::loss)));
      lines.add(new Points(stage.name() + ", validation", true, validationLoss(stage)));
    }
    for (StoredStage control : run.controls()) {
      lines.add(new Points(control.name() + ", validation", true, validationLoss(control)));
    }
    return Chart.of(
        "Loss",
        "Cross-entropy in nats per token; the training loss is a mean over neighboring steps.",
        "step",
        "nats per token",
        lines);
  }

  /** Returns means over neighboring steps, at most {@link #MAX_POINTS} of them. */
  private static Map<Double, Double> means(StoredStage stage, ToDoubleFunction<Step> value) {
    List<Step> steps = stage.metrics().steps();
    int groupSize = Math.ceilDiv(Math.max(1, steps.size()), MAX_POINTS);
    Map<Double, Double> points = new TreeMap<>();
    for (int i = 0; i < steps.size(); i += groupSize) {
      List<Step> group = steps.subList(i, Math.min(steps.size(), i + groupSize));
      double mean = group.stream().mapToDouble(value).average().orElse(Double.NaN);
      points.put((double) group.getLast().step(), mean);
    }
    return points;
  }

  private static Map<Double, Double> validationLoss(StoredStage stage) {
    Map<Double, Double> points = new TreeMap<>();
    for (Evaluation evaluation : stage.metrics().evaluations()) {
      points.put((double) evaluation.step(), evaluation.validationLoss());
    }
    return points;
  }

  private static Chart learningRates(StoredRun run) {
    Map<Integer, Map<Double, Double>> blocks = new TreeMap<>();
    for (StoredStage stage : run.stages()) {
      List<Step> steps = stage.metrics().steps();
      int stride = Math.ceilDiv(Math.max(1, steps.size()), MAX_POINTS);
      for (int i = 0; i < steps.size(); i += stride) {
        Step step = steps.get(i);
        for (int block = 0; block < step.learningRates().size(); block++) {
          blocks
              .computeIfAbsent(block, _ -> new TreeMap<>())
              .put((double) step.step(), step.learningRates().get(block));
        }
      }
    }
    List<Points> lines = new ArrayList<>();
    blocks.forEach((block, rates) -> lines.add(new Points(entries(block), false, rates)));
    return Chart.of(
        "Learning rate of each block",
        "Old entries follow the run's curve; the rate of new entries is re-warmed from it (Eq. 25 to 28).",
        "step",
        "rate",
        lines);
  }

  private static Chart gradientNorms(StoredRun run) {
    List<Points> lines = new ArrayList<>();
    for (StoredStage stage : run.stages()) {
      lines.add(new Points(stage.name() + ", all", false, means(stage, Step::gradientNorm)));
      int blocks = stage.metrics().lastStep().map(step -> step.blockNorms().size()).orElse(0);
      for (int i = 0; blocks > 1 && i < blocks; i++) {
        int block = i;
        lines.add(
            new Points(
                stage.name() + ", " + entries(block),
                true,
                means(stage, step -> step.blockNorms().get(block))));
      }
    }
    return Chart.of(
        "Gradient norm",
        "Norm before clipping, of all gradients and of those of each block; averaged over neighboring steps.",
        "step",
        "norm",
        lines);
  }

  private static boolean hasExperts(StoredStage stage) {
    return stage.metrics().lastStep().filter(step -> !step.routers().isEmpty()).isPresent();
  }

  private static Chart routers(StoredRun run) {
    List<Points> lines = new ArrayList<>();
    for (StoredStage stage : run.stages()) {
      lines.add(
          new Points(
              stage.name() + ", largest load of any layer",
              false,
              means(stage, step -> loads(step).max().orElse(Double.NaN))));
      lines.add(
          new Points(
              stage.name() + ", mean over the layers",
              true,
              means(stage, step -> loads(step).average().orElse(Double.NaN))));
    }
    return Chart.of(
        "Load of the busiest expert",
        "Tokens of a layer's busiest expert, relative to a uniform load; no token is dropped.",
        "step",
        "times the uniform load",
        lines);
  }

  private static DoubleStream loads(Step step) {
    return step.routers().stream().mapToDouble(Router::largestLoad);
  }

  private static String entries(int block) {
    return block == 0 ? "entries of the narrow model" : "entries of expansion " + block;
  }

  private static void hiddenRms(StoredStage before, StoredStage after, List<Chart> charts) {
    List<Evaluation> narrow = before.metrics().evaluations();
    List<Evaluation> wide = after.metrics().evaluations();
    if (narrow.isEmpty()
        || wide.isEmpty()
        || narrow.getLast().hiddenRms().isEmpty()
        || wide.getFirst().step() != narrow.getLast().step()) {
      return; // not measured, or the stage has not been evaluated yet
    }
    charts.add(
        Chart.of(
            "Residual stream across the expansion into " + after.name(),
            "Root mean square of the hidden state after each layer, on the validation sequences."
                + " An expansion should not change it.",
            "layer (0 is the embedding)",
            "RMS",
            List.of(
                new Points(before.name() + ", at its end", false, byLayer(narrow.getLast())),
                new Points(
                    after.name() + ", before its first step", true, byLayer(wide.getFirst())),
                new Points(after.name() + ", now", true, byLayer(wide.getLast())))));
  }

  private static Map<Double, Double> byLayer(Evaluation evaluation) {
    Map<Double, Double> points = new TreeMap<>();
    for (int layer = 0; layer < evaluation.hiddenRms().size(); layer++) {
      points.put((double) layer, evaluation.hiddenRms().get(layer));
    }
    return points;
  }

  private static Chart ratios(String stage, ExpansionReport expansion) {
    Map<String, Map<Double, List<Double>>> kinds = new LinkedHashMap<>();
    for (TensorReport tensor : expansion.tensors()) {
      Matcher name = IN_LAYER.matcher(tensor.name());
      if (name.matches() && tensor.ratio() > 0) {
        kinds
            .computeIfAbsent(
                name.group(2).replaceAll("\\.\\d+\\.", ".*."), _ -> new LinkedHashMap<>())
            .computeIfAbsent(Double.valueOf(name.group(1)), _ -> new ArrayList<>())
            .add(tensor.newRatio() / tensor.ratio());
      }
    }
    List<Points> lines = new ArrayList<>();
    kinds.forEach(
        (kind, layers) -> {
          Map<Double, Double> means = new TreeMap<>();
          layers.forEach(
              (layer, ratios) ->
                  means.put(
                      layer, ratios.stream().mapToDouble(Double::doubleValue).average().orElse(0)));
          lines.add(new Points(kind, false, means));
        });
    return Chart.of(
        "Matrices across the expansion into " + stage,
        "RMS(y)/RMS(x) of y = W x after the expansion, divided by the ratio before it; 1 means"
            + " unchanged. Experts of a layer are averaged.",
        "layer",
        "after / before",
        lines);
  }
}
