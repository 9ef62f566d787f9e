package dev.sparkling.cli.train;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.worker.text.Format;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows the progress of a stage's training: a bar on a terminal, else a line every ten seconds. The
 * bar is printed to standard error, so that standard output has only results.
 */
public final class TrainingDisplay implements TrainingListener, AutoCloseable {

  private static final long LINE_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int BAR_INTERVAL_MILLIS = 500;

  /** Weight of the previous value in the moving average of the speed. */
  private static final double PREVIOUS_SPEED_WEIGHT = 0.9;

  private final PrintWriter out;
  private final boolean terminal;

  private @Nullable StagePlan stage;
  private @Nullable ProgressBar bar;
  private double loss;
  private double utilization;
  private double tokensPerSecond;
  private double tokensPerStep = 1;
  private String validation = "";
  private long lastLine;

  /** Creates a display that prints lines to {@code out}, standard output. */
  public TrainingDisplay(PrintWriter out) {
    this.out = out;
    Console console = System.console();
    this.terminal = console != null && console.isTerminal();
  }

  @Override
  public void deviceChosen(Device device) {
    if (device == Device.CUDA) {
      out.println("training on the GPU");
      out.flush();
    }
  }

  @Override
  public void restored(StagePlan plan, long step, String from) {
    endBar();
    stage = plan;
    tokensPerSecond = 0;
    utilization = 0;
    tokensPerStep = (double) plan.tokens() / plan.steps();
    validation = "";
    lastLine = System.nanoTime();
    out.printf("%s: step %d of %d, from %s%n", plan.name(), step, plan.lastStep(), from);
    out.flush();
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(plan.name())
              .setInitialMax(plan.lastStep())
              .startsFrom(step, Duration.ZERO)
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .setUpdateIntervalMillis(BAR_INTERVAL_MILLIS)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
  }

  @Override
  public void stepDone(Metrics.Step step) {
    tokensPerSecond =
        tokensPerSecond == 0
            ? step.tokensPerSecond()
            : PREVIOUS_SPEED_WEIGHT * tokensPerSecond
                + (1 - PREVIOUS_SPEED_WEIGHT) * step.tokensPerSecond();
    loss = step.loss();
    utilization = step.modelFlopsUtilization() * tokensPerSecond / step.tokensPerSecond();
    if (bar != null) {
      bar.setExtraMessage(message());
      bar.stepTo(step.step());
    } else if (System.nanoTime() - lastLine > LINE_INTERVAL_NANOS && stage != null) {
      lastLine = System.nanoTime();
      double left = (stage.lastStep() - step.step()) * tokensPerStep / tokensPerSecond;
      out.printf(
          "%s: step %d of %d, %s, %s left%n",
          stage.name(),
          step.step(),
          stage.lastStep(),
          message(),
          Format.duration(Duration.ofSeconds((long) left)));
      out.flush();
    }
  }

  @Override
  public void evaluated(Metrics.Evaluation evaluation) {
    validation = ", validation " + Format.loss(evaluation.validationLoss());
    if (bar != null) {
      bar.setExtraMessage(message());
    } else if (stage != null) {
      out.printf(
          "%s: step %d of %d%s%n", stage.name(), evaluation.step(), stage.lastStep(), validation);
      out.flush();
    }
  }

  @Override
  public void checkpointed(Checkpointed checkpoint) {
    // On a terminal, a line would break the bar.
    if (bar == null && stage != null) {
      out.printf(
          Locale.ROOT,
          "%s: checkpoint of step %d, %s in %.1f s, training stalled for %.2f s%n",
          stage.name(),
          checkpoint.step(),
          Format.bytes(checkpoint.bytes()),
          checkpoint.seconds(),
          checkpoint.stallSeconds());
      out.flush();
    }
  }

  @Override
  public void ended(long step) {
    endBar();
  }

  @Override
  public void warning(String sentence) {
    out.println("warning: " + sentence);
    out.flush();
  }

  @Override
  public void close() {
    endBar();
  }

  private String message() {
    return "loss "
        + Format.loss(loss)
        + validation
        + ", "
        + Format.count(tokensPerSecond)
        + " tokens/s"
        + (utilization > 0 ? ", MFU " + Format.percent(utilization) : "");
  }

  /** Ends the bar, so that other lines can follow; the next stage starts a new one. */
  private void endBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
