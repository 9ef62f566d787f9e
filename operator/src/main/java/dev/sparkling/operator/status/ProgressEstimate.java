package dev.sparkling.operator.status;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.SummaryStatus;
import dev.sparkling.pipeline.status.TrainerStatus;
import dev.sparkling.pipeline.status.TrainerStatus.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a run and an estimate of the remaining time.
 *
 * @param stages status of each stage
 * @param current the first stage that is not complete, or the last stage if all are
 */
record ProgressEstimate(RunPlan plan, List<StageStatus> stages, StagePlan current) {

  private static final int PERCENT = 100;
  private static final double THOUSAND = 1000;
  private static final long MINUTE = 60;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  TrainerStatus trainerStatus(String updatedAt) {
    List<Metric> metrics = new ArrayList<>();
    StageStatus stage = latestTrained();
    add(metrics, "loss", stage.figures().loss());
    add(metrics, "validationLoss", stage.figures().validationLoss());
    add(metrics, "tokensPerSecond", stage.figures().tokensPerSecond());
    OptionalLong seconds = secondsLeft();
    return new TrainerStatus(
        percent(), seconds.isPresent() ? seconds.getAsLong() : null, metrics, updatedAt);
  }

  SummaryStatus summary() {
    StageStatus stage = latestTrained();
    Double loss = stage.figures().loss();
    OptionalDouble speed = isComplete() ? OptionalDouble.empty() : tokensPerSecond();
    OptionalLong seconds = secondsLeft();
    return new SummaryStatus(
        step() + "/" + plan.totalSteps(),
        percent() + "%",
        loss == null ? null : String.format(Locale.ROOT, "%.3f", loss),
        speed.isPresent() ? count(speed.getAsDouble()) : null,
        Math.round(PERCENT * plan.flopsSaved()) + "%",
        seconds.isPresent() && !isComplete() ? duration(seconds.getAsLong()) : null);
  }

  private long step() {
    return stages.get(current.index()).figures().step();
  }

  private boolean isComplete() {
    return step() >= plan.totalSteps();
  }

  /** Returns the progress in percent, rounded down so that 100 means complete. */
  private int percent() {
    return (int) (PERCENT * step() / plan.totalSteps());
  }

  /** Returns the latest stage that has a loss, or the first stage if none has. */
  private StageStatus latestTrained() {
    for (int i = current.index(); i > 0; i--) {
      if (stages.get(i).figures().loss() != null) {
        return stages.get(i);
      }
    }
    return stages.getFirst();
  }

  /**
   * Estimates the remaining seconds, as if the time per token were proportional to the number of
   * active parameters; 0 if the run is complete, empty if no speed has been measured. This
   * overestimates slightly, because a wider model uses the hardware more efficiently.
   */
  private OptionalLong secondsLeft() {
    if (isComplete()) {
      return OptionalLong.of(0);
    }
    OptionalDouble speed = tokensPerSecond();
    if (speed.isEmpty()) {
      return OptionalLong.empty();
    }
    double currentParameters = current.parameters().active();
    double seconds = 0;
    for (StagePlan stage : plan.stages()) {
      long stepsLeft = stage.lastStep() - Math.max(stage.firstStep(), step());
      if (stepsLeft > 0) {
        double relativeCost = stage.parameters().active() / currentParameters;
        seconds += stepsLeft * plan.tokensPerStep() * relativeCost / speed.getAsDouble();
      }
    }
    return OptionalLong.of(Math.round(seconds));
  }

  /**
   * Returns the current stage's speed or, before it is measured, that of the latest stage with a
   * measured speed, scaled by the numbers of active parameters.
   */
  private OptionalDouble tokensPerSecond() {
    for (int i = current.index(); i >= 0; i--) {
      Double measured = stages.get(i).figures().tokensPerSecond();
      if (measured != null && measured > 0) {
        double measuredParameters = plan.stages().get(i).parameters().active();
        return OptionalDouble.of(measured * measuredParameters / current.parameters().active());
      }
    }
    return OptionalDouble.empty();
  }

  private static void add(List<Metric> metrics, String name, @Nullable Double value) {
    if (value != null) {
      metrics.add(new Metric(name, value.toString()));
    }
  }

  /**
   * Formats a count with a unit, and with one decimal below ten units: {@code 412k}, {@code 5.4k}.
   */
  static String count(double value) {
    String[] units = {"", "k", "M", "G"};
    int unit = 0;
    double scaled = value;
    while (Math.round(scaled) >= THOUSAND && unit < units.length - 1) {
      scaled /= THOUSAND;
      unit++;
    }
    return (unit > 0 && scaled < 10
            ? String.format(Locale.ROOT, "%.1f", scaled)
            : Long.toString(Math.round(scaled)))
        + units[unit];
  }

  /** Formats a duration in its two largest units, such as {@code 5h12m}. */
  static String duration(long seconds) {
    if (seconds >= DAY) {
      return seconds / DAY + "d" + seconds % DAY / HOUR + "h";
    }
    if (seconds >= HOUR) {
      return seconds / HOUR + "h" + seconds % HOUR / MINUTE + "m";
    }
    return seconds >= MINUTE ? seconds / MINUTE + "m" + seconds % MINUTE + "s" : seconds + "s";
  }
}
