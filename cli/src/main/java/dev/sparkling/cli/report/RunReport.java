package dev.sparkling.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.Metrics.Step;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.cli.report.StoredRun.StoredStage;
import dev.sparkling.expander.run.ExpansionReport;
import dev.sparkling.pipeline.json.JsonNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Renders a run as a self-contained page: tables, and charts that uPlot draws from data in the
 * page.
 */
final class RunReport {

  private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunReport() {}

  /**
   * Renders the page.
   *
   * @param store rooted at the run
   */
  static String html(ObjectStore store) {
    StoredRun run = StoredRun.read(store);
    return resource("report.html")
        .replace("{{title}}", escaped(run.location()))
        .replace("{{stages}}", stages(run))
        .replace("{{saved}}", saved(run))
        .replace("{{expansions}}", expansions(run))
        .replace("{{uplot-style}}", resource(UPLOT + "uPlot.min.css"))
        .replace("{{uplot}}", resource(UPLOT + "uPlot.iife.min.js"))
        .replace("{{charts}}", json(RunCharts.of(run)));
  }

  private static String stages(StoredRun run) {
    StringBuilder rows = new StringBuilder();
    for (StoredStage stage : run.stages()) {
      rows.append(row(stage));
    }
    for (StoredStage control : run.controls()) {
      rows.append(row(control));
    }
    return rows.toString();
  }

  private static String row(StoredStage stage) {
    List<Evaluation> evaluations = stage.metrics().evaluations();
    Optional<Step> last = stage.metrics().lastStep();
    return cells(
        stage.name(),
        stage.model().map(model -> model.hiddenSize() + " / " + model.innerSize()).orElse(""),
        stage.activeParameters().map(RunReport::number).orElse(""),
        last.map(step -> number(stage.firstStep()) + " to " + number(step.step())).orElse(""),
        last.map(step -> number(step.tokens())).orElse(""),
        evaluations.isEmpty() ? "" : loss(evaluations.getFirst().validationLoss()),
        evaluations.isEmpty() ? "" : loss(evaluations.getLast().validationLoss()));
  }

  /** Describes the share of FLOPs that the training has saved so far (Eq. 29). */
  private static String saved(StoredRun run) {
    OptionalDouble share = savedShare(run);
    return share.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "<p>FLOPs saved so far, compared with training the widest model from scratch: <b>%.1f %%</b>"
                + " (6&middot;N&middot;D of the active parameters, Eq. 29).</p>",
            100 * share.getAsDouble());
  }

  private static OptionalDouble savedShare(StoredRun run) {
    double spent = 0;
    long tokens = 0;
    for (StoredStage stage : run.stages()) {
      Optional<Step> last = stage.metrics().lastStep();
      if (last.isEmpty() || stage.activeParameters().isEmpty()) {
        return OptionalDouble.empty();
      }
      spent += stage.activeParameters().get() * (double) (last.get().tokens() - tokens);
      tokens = last.get().tokens();
    }
    double scratch = run.stages().getLast().activeParameters().orElseThrow() * (double) tokens;
    return OptionalDouble.of(1 - spent / scratch);
  }

  private static String expansions(StoredRun run) {
    StringBuilder rows = new StringBuilder();
    for (StoredStage stage : run.stages()) {
      stage.expansion().ifPresent(expansion -> rows.append(row(stage, expansion)));
    }
    return rows.isEmpty() ? "" : resource("expansions.html").replace("{{rows}}", rows.toString());
  }

  private static String row(StoredStage stage, ExpansionReport expansion) {
    return cells(
        stage.name(),
        number(expansion.step()),
        expansion.model().widths().hiddenSize()
            + " to "
            + expansion.model().newWidths().hiddenSize(),
        expansion.model().widths().innerSize() + " to " + expansion.model().newWidths().innerSize(),
        JsonNames.of(expansion.initialization()),
        JsonNames.of(expansion.optimizerState()),
        number(expansion.model().parameters())
            + " to "
            + number(expansion.model().newParameters()));
  }

  private static String cells(String... cells) {
    StringBuilder row = new StringBuilder("<tr>");
    for (String cell : cells) {
      row.append("<td>").append(escaped(cell)).append("</td>");
    }
    return row.append("</tr>\n").toString();
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String loss(double nats) {
    return String.format(Locale.ROOT, "%.4f", nats);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** Encodes JSON for a script element, which its text must not close. */
  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = RunReport.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
