package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.plan.ModelFlops;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.SampleOrder;
import dev.sparkling.trainer.data.StepSamples;
import dev.sparkling.trainer.metrics.MetricsFiles;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.schedule.BlockCurves;
import dev.sparkling.trainer.step.StepResult;
import dev.sparkling.trainer.step.TrainingStep;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.trainer.torch.MatrixPeak;
import dev.sparkling.trainer.torch.Torch;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Trains one stage. The methods are in the order of execution. */
public final class TrainingRun {

  private final TrainingJob job;
  private final RunWriter run;
  private final TrainingListener listener;
  private final StartingPoint start;
  private final StepSamples samples;
  private final BlockCurves curves;
  private final TrainingStep trainingStep;
  private final Evaluator evaluator;
  private final StageCheckpoints checkpoints;
  private final Metrics metrics;
  private final double secondsPerTokenAtPeak;
  private long step;

  /**
   * Trains the stage to its last step, or until a stop is requested; does nothing if the stage's
   * last checkpoint is complete. After an interruption, the stage resumes from its newest
   * checkpoint and ends with bitwise identical results. All of libtorch's memory is freed on
   * return.
   *
   * @param run writer of the run
   * @param stopRequested called before the first step and after each step; if true, a checkpoint of
   *     the completed steps is written and this method returns
   * @return the step of the newest checkpoint; the stage's first step if it has none
   * @throws UserError if the checkpoint belongs to another run, the data does not fit the model,
   *     numbers are not finite, or there is not enough memory
   */
  public static long run(
      TrainingJob job,
      RunWriter run,
      Dataset training,
      Dataset validation,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    StartingPoint.check(job, run, training);
    run.deleteLeftovers(job.stage().name());
    OptionalLong newest = run.checkpoints().newestStep(job.stage().name());
    if (newest.orElse(-1) >= job.stage().lastStep()) {
      return newest.getAsLong();
    }
    Torch torch = Torch.start(job.threads(), job.device());
    listener.deviceChosen(torch.device());
    long memory = Torch.hostMemoryBytes();
    boolean onHost = torch.device() == Device.CPU;
    if (onHost) {
      MemoryAdvice.beforeTraining(job.stage(), job.training(), memory).ifPresent(listener::warning);
    }
    return Torch.withinMemory(
        () -> {
          try (NDManager manager = torch.newManager();
              NDManager host = torch.newHostManager()) {
            return new TrainingRun(job, run, training, validation, listener, manager, host)
                .train(stopRequested);
          }
        },
        e ->
            new UserError(
                onHost
                    ? MemoryAdvice.afterFailure(job.stage(), job.training(), memory)
                    : MemoryAdvice.forGpu(job.training()),
                e));
  }

  private TrainingRun(
      TrainingJob job,
      RunWriter run,
      Dataset trainingData,
      Dataset validationData,
      TrainingListener listener,
      NDManager manager,
      NDManager host) {
    this.job = job;
    this.run = run;
    this.listener = listener;
    checkTokenizers(trainingData, validationData);
    TrainingSpec training = job.training();
    StagePlan stage = job.stage();
    int length = training.sequenceLength();
    int vocabulary = stage.model().vocabularySize();
    this.samples =
        new StepSamples(
            new Batches(trainingData, length, vocabulary, "spec.data.uri"),
            new SampleOrder(training.seed(), trainingData.sequences(length)),
            training.globalBatchSize(),
            training.microBatchSize());
    Batches validation = new Batches(validationData, length, vocabulary, "spec.data.validationUri");

    this.start =
        StartingPoint.of(
            job,
            run,
            trainingData,
            model -> ModelState.ofTraining(model, training.optimizer().type(), manager));
    this.step = start.state().step();
    this.metrics = MetricsFiles.read(run, stage.name());
    this.curves = BlockCurves.of(training.learningRate(), job.plan(), start.state().expansions());
    this.trainingStep =
        new TrainingStep(
            start.model(),
            start.values(),
            training,
            trainingData.index().separator(),
            start.state(),
            job.threads(),
            manager);
    long sequences = Math.min(training.evaluation().sequences(), validationData.sequences(length));
    this.evaluator =
        new Evaluator(trainingStep.transformer(), validation, sequences, training.microBatchSize());
    this.checkpoints =
        new StageCheckpoints(
            run,
            stage.name(),
            step == stage.firstStep() ? -1 : step,
            training.checkpoints().keepLast(),
            start.model(),
            start.values(),
            listener,
            () -> start.values().newCopy(host));
    this.secondsPerTokenAtPeak =
        ModelFlops.perToken(stage.model(), length)
            / MatrixPeak.flops(job.threads(), training.precision(), manager);
  }

  private static void checkTokenizers(Dataset training, Dataset validation) {
    if (!training.index().tokenizer().equals(validation.index().tokenizer())) {
      throw new UserError(
          "spec.data.validationUri: tokenizer "
              + validation.index().tokenizer()
              + " differs from tokenizer "
              + training.index().tokenizer()
              + " of spec.data.uri; both must be the same");
    }
  }

  private long train(BooleanSupplier stopRequested) {
    TrainingSpec training = job.training();
    StagePlan stage = job.stage();
    listener.restored(stage, step, start.from());
    if (start.state().threads() != job.threads()) {
      listener.warning(
          "threads: %d, and %d when %s was written; results will differ in the last bits"
              .formatted(job.threads(), start.state().threads(), start.from()));
    }
    long checkpointed = step;
    double stallSeconds = 0;
    try (trainingStep;
        checkpoints) {
      // Loading may have used up the grace period; stopping here loses nothing.
      boolean stop = stopRequested.getAsBoolean();
      metrics.truncate(step == stage.firstStep() ? -1 : step);
      trainingStep.restore(metrics.steps());
      if (step == stage.firstStep() && !stop) {
        evaluate();
      }
      while (step < stage.lastStep() && !stop) {
        trainStep(stallSeconds);
        stallSeconds = 0;
        checkpoints.poll();
        boolean last = step == stage.lastStep();
        if (last || step % training.evaluation().everySteps() == 0) {
          evaluate();
        }
        stop = stopRequested.getAsBoolean();
        if (last || stop) {
          checkpoints.writeNow(state(), metrics);
          checkpointed = step;
        } else if (step % training.checkpoints().everySteps() == 0) {
          stallSeconds = checkpoints.begin(state(), metrics);
        }
      }
    }
    listener.ended(step);
    return checkpointed;
  }

  /**
   * Runs the next optimizer step.
   *
   * @param stallSeconds time for which training waited for a checkpoint before this step
   */
  private void trainStep(double stallSeconds) {
    long begin = System.nanoTime();
    step++;
    long tokens = job.training().tokensPerStep();
    List<Double> rates = curves.rates(step);
    Iterable<Batch> microBatches = samples.ofStep(step);
    StepResult result = trainingStep.run(step, rates, tokens, microBatches);
    if (!result.isFinite()) {
      throw diagnosis().ofStep(step, result, rates, microBatches);
    }
    double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    double tokensPerSecond = tokens / seconds;
    Metrics.Step done =
        new Metrics.Step(
            step,
            step * tokens,
            result.loss(),
            rates,
            tokensPerSecond,
            tokensPerSecond * secondsPerTokenAtPeak,
            result.gradientNorm(),
            result.blockNorms(),
            result.skipped(),
            result.routers().stream()
                .map(r -> new Metrics.Router(r.balancing(), r.z(), r.largestLoad()))
                .toList(),
            stallSeconds);
    metrics.add(done);
    listener.stepDone(done);
  }

  private void evaluate() {
    EvaluationResult result = evaluator.evaluate();
    if (!result.isFinite()) {
      throw diagnosis().ofEvaluation(step, result, evaluator.batches());
    }
    Metrics.Evaluation evaluation = new Metrics.Evaluation(step, result.loss(), result.hiddenRms());
    metrics.add(evaluation);
    listener.evaluated(evaluation);
  }

  private Diagnosis diagnosis() {
    return new Diagnosis(job.stage().name(), run.store(), trainingStep);
  }

  /** Returns the trainer's state after the current step. */
  private TrainerState state() {
    TrainerState initial = start.state();
    return new TrainerState(
        step,
        step * job.training().tokensPerStep(),
        initial.seed(),
        job.threads(),
        initial.dataFingerprint(),
        initial.tokenizerFingerprint(),
        initial.initialWidths(),
        RunSettings.of(job.spec(), job.plan(), job.stage().index()),
        initial.expansions());
  }
}
