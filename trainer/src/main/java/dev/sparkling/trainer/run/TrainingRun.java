package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.RunSettings;
import dev.sparkling.pipeline.plan.ModelFlops;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.data.Dataset;
import dev.sparkling.trainer.data.SampleOrder;
import dev.sparkling.trainer.model.Batch;
import dev.sparkling.trainer.model.ComputeWeights;
import dev.sparkling.trainer.model.GradientPasses;
import dev.sparkling.trainer.model.ModelState;
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.model.ParameterLayout;
import dev.sparkling.trainer.model.Transformer;
import dev.sparkling.trainer.model.Weights;
import dev.sparkling.trainer.optim.GradientGuard;
import dev.sparkling.trainer.optim.Judgement;
import dev.sparkling.trainer.optim.Optimizer;
import dev.sparkling.trainer.schedule.BlockCurves;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.trainer.torch.MatrixPeak;
import dev.sparkling.trainer.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Trains one stage; reads top to bottom in the order in which things happen. */
public final class TrainingRun {

  private final TrainingJob job;
  private final TrainingSpec training;
  private final StagePlan stage;
  private final ObjectStore store;
  private final TrainingListener listener;

  private final NDManager manager;
  private final NDManager host;
  private final Restore restored;
  private final Weights<NDArray> gradients;
  private final Transformer transformer;
  private final GradientPasses passes;
  private final ComputeWeights compute;
  private final GradientGuard guard;
  private final Optimizer optimizer;
  private final BlockCurves curves;
  private final Batches batches;
  private final SampleOrder order;
  private final Evaluator evaluator;
  private final Metrics metrics;
  private final double flopsPerToken;
  private final double peakFlops;
  private long step;

  /**
   * Trains the stage to its last step, or until asked to stop; does nothing where its last
   * checkpoint is complete and of this run. Started again after any interruption, it goes on from
   * the newest checkpoint and ends with the same bits. All of libtorch's memory is freed when this
   * returns.
   *
   * @param store rooted at the run
   * @param stopRequested asked before the first and after every step; where true, a checkpoint of
   *     what was done is written and this returns
   * @return the step of the newest checkpoint; the stage's first step where it has none
   * @throws UserError also where memory does not suffice: which setting to lower, and to what
   */
  public static long run(
      TrainingJob job,
      ObjectStore store,
      Dataset training,
      Dataset validation,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    Restore.check(job, store, training);
    OptionalLong newest = RunCheckpoints.newestStep(store, job.stage().name());
    if (newest.orElse(-1) >= job.stage().lastStep()) {
      return newest.getAsLong();
    }
    RunCheckpoints.deleteInterrupted(store, job.stage().name());
    Torch torch = Torch.start(job.threads(), job.device());
    long memory = Torch.hostMemoryBytes();
    boolean onHost = torch.device() == Device.CPU;
    if (onHost) {
      MemoryAdvice.beforehand(job.stage(), job.training(), memory).ifPresent(listener::warning);
    } else {
      listener.warning("computes on the GPU");
    }
    return Torch.withinMemory(
        () -> {
          try (NDManager manager = torch.newManager();
              NDManager host = torch.newHostManager()) {
            return new TrainingRun(job, store, training, validation, listener, manager, host)
                .train(stopRequested);
          }
        },
        e ->
            new UserError(
                onHost
                    ? MemoryAdvice.afterwards(job.stage(), job.training(), memory)
                    : MemoryAdvice.ofGpu(job.training()),
                e));
  }

  private TrainingRun(
      TrainingJob job,
      ObjectStore store,
      Dataset training,
      Dataset validation,
      TrainingListener listener,
      NDManager manager,
      NDManager host) {
    this.job = job;
    this.training = job.training();
    this.stage = job.stage();
    this.store = store;
    this.listener = listener;
    int length = this.training.sequenceLength();
    int vocabulary = stage.model().vocabularySize();
    checkTokenizers(training, validation);
    this.batches = new Batches(training, length, vocabulary, "spec.data.uri");
    this.order = new SampleOrder(this.training.seed(), training.sequences(length));
    Batches validationBatches =
        new Batches(validation, length, vocabulary, "spec.data.validationUri");

    this.restored = Restore.of(job, store, training, manager);
    this.step = restored.state().step();
    this.metrics = Metrics.read(store, stage.name());
    Weights<Parameter> layout = ParameterLayout.of(restored.model());
    this.gradients = ModelState.zeros(layout, manager);
    this.manager = manager;
    this.host = host;
    this.transformer =
        new Transformer(
            restored.model(),
            Transformer.Settings.of(this.training, training.index().separator()),
            manager);
    this.passes = new GradientPasses(transformer, gradients, job.threads(), manager);
    this.compute =
        new ComputeWeights(restored.values().weights(), this.training.precision(), manager);
    this.guard =
        new GradientGuard(
            this.training.gradientClipping(),
            layout.all(),
            gradients.all(),
            restored.state(),
            manager);
    this.optimizer =
        Optimizer.of(
            this.training.optimizer(),
            restored.values().parameters(gradients),
            restored.state(),
            manager);
    this.curves =
        BlockCurves.of(this.training.learningRate(), job.plan(), restored.state().expansions());
    this.flopsPerToken = ModelFlops.perToken(stage.model(), length);
    this.peakFlops = MatrixPeak.flops(job.threads(), this.training.precision(), manager);
    long sequences = Math.min(this.training.evaluation().sequences(), validation.sequences(length));
    this.evaluator =
        new Evaluator(transformer, validationBatches, sequences, this.training.microBatchSize());
  }

  private long train(BooleanSupplier stopRequested) {
    listener.restored(stage, step, restored.from());
    if (restored.state().threads() != job.threads()) {
      listener.warning(
          "threads: %d, and %d when %s was written; results will differ in the last bits"
              .formatted(job.threads(), restored.state().threads(), restored.from()));
    }
    // Restoring may have taken longer than whoever asks is ready to wait; nothing is lost yet.
    boolean stop = stopRequested.getAsBoolean();
    metrics.truncate(step == stage.firstStep() ? -1 : step);
    guard.recall(metrics.steps());
    if (step == stage.firstStep() && !stop) {
      evaluate();
    }
    long checkpointed = step;
    double stall = 0;
    try (passes;
        StageCheckpoints checkpoints = checkpoints()) {
      while (step < stage.lastStep() && !stop) {
        metrics.add(trainStep(stall));
        stall = 0;
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
          stall = checkpoints.begin(state(), metrics);
        }
      }
    }
    listener.ended(step);
    return checkpointed;
  }

  private StageCheckpoints checkpoints() {
    return new StageCheckpoints(
        store,
        stage.name(),
        step == stage.firstStep() ? -1 : step,
        training.checkpoints().keepLast(),
        restored.model(),
        restored.values(),
        listener,
        host);
  }

  /**
   * One step of the optimizer.
   *
   * @param stallSeconds that a checkpoint has taken before it
   */
  private Metrics.Step trainStep(double stallSeconds) {
    long begin = System.nanoTime();
    step++;
    List<Double> rates = curves.rates(step);
    long tokens = training.tokensPerStep();
    long firstSample = (step - 1) * training.globalBatchSize();
    passes.beginStep();
    try (NDManager scope = manager.newSubManager()) {
      NDArray total = scope.zeros(new Shape());
      for (int done = 0; done < training.globalBatchSize(); done += training.microBatchSize()) {
        Batch batch = batches.ordered(order, firstSample + done, training.microBatchSize());
        total.addi(passes.lossAndGradients(compute.weights(), batch, 1.0 / tokens, scope));
      }
      passes.endStep();
      NDArray loss = total.divi(tokens);
      Judgement judgement = guard.judge(loss, scope);
      optimizer.update(step, rates, judgement);
      compute.refresh();
      Metrics.Step done = measured(begin, rates, loss.getFloat(), judgement, stallSeconds);
      if (!Double.isFinite(done.loss()) || !Double.isFinite(done.gradientNorm())) {
        throw diagnosis(firstSample).of(done);
      }
      listener.stepDone(done);
      return done;
    }
  }

  private Diagnosis diagnosis(long firstSample) {
    List<Batch> all = new ArrayList<>();
    for (int done = 0; done < training.globalBatchSize(); done += training.microBatchSize()) {
      all.add(batches.ordered(order, firstSample + done, training.microBatchSize()));
    }
    List<String> names =
        ParameterLayout.of(restored.model()).all().stream().map(Parameter::name).toList();
    return new Diagnosis(
        stage.name(), store, transformer, compute.weights(), names, gradients.all(), all);
  }

  private Metrics.Step measured(
      long begin, List<Double> rates, double loss, Judgement judgement, double stallSeconds) {
    double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    double tokensPerSecond = training.tokensPerStep() / seconds;
    return new Metrics.Step(
        step,
        step * training.tokensPerStep(),
        loss,
        rates,
        tokensPerSecond,
        tokensPerSecond * flopsPerToken / peakFlops,
        judgement.norm().getFloat(),
        judgement.blockNorms().stream().map(norm -> (double) norm.getFloat()).toList(),
        judgement.skipped(),
        passes.routing().measure().stream()
            .map(r -> new Metrics.Router(r.balancing(), r.z(), r.largestLoad()))
            .toList(),
        stallSeconds);
  }

  private void evaluate() {
    Evaluator.Result result = evaluator.evaluate(compute.weights());
    Metrics.Evaluation evaluation = new Metrics.Evaluation(step, result.loss(), result.hiddenRms());
    metrics.add(evaluation);
    listener.evaluated(evaluation);
  }

  private TrainerState state() {
    TrainerState state = restored.state();
    return new TrainerState(
        step,
        step * training.tokensPerStep(),
        state.seed(),
        job.threads(),
        state.dataFingerprint(),
        state.tokenizerFingerprint(),
        state.initialWidths(),
        RunSettings.of(job.spec(), job.plan(), stage.index()),
        state.expansions());
  }

  private static void checkTokenizers(Dataset training, Dataset validation) {
    if (!training.index().tokenizer().equals(validation.index().tokenizer())) {
      throw new UserError(
          "spec.data.validationUri: was made by tokenizer "
              + validation.index().tokenizer()
              + "; spec.data.uri by "
              + training.index().tokenizer()
              + ", and both must be the same");
    }
  }
}
