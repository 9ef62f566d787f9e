package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Measures and clips gradients, and leaves out updates whose loss or gradient norm is far above the
 * last {@value #WINDOW} steps'. Skipped values enter the window too, so that a lasting change is
 * accepted after a few steps. The window is the stage's: the first steps after an expansion, whose
 * losses and norms are new, are judged after {@value #LEAST} of them, and more mildly until it is
 * full.
 */
public final class GradientGuard {

  static final int WINDOW = 128;
  static final int LEAST = 32;

  /** Of a full window; OLMo-core's figure. */
  private static final double DEVIATIONS = 6;

  private static final double DEVIATIONS_OF_FIRST_STEPS = 12;

  private final double largestNorm;
  private final NDManager manager;
  private final TorchScript kernels;
  private final List<NDList> blocks = new ArrayList<>();
  private final NDArray losses;
  private final NDArray norms;
  private long seen;

  /**
   * Prepares for a stage.
   *
   * @param largestNorm that gradients are clipped to; 0: they are not
   * @param gradients in the parameters' order; read at each step
   * @param manager owns the windows
   */
  public GradientGuard(
      double largestNorm,
      List<Parameter> parameters,
      List<NDArray> gradients,
      TrainerState state,
      NDManager manager) {
    this.largestNorm = largestNorm;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, GradientGuard.class, "guard.torchscript");
    this.losses = manager.zeros(new Shape(WINDOW));
    this.norms = manager.zeros(new Shape(WINDOW));
    for (int block = 0; block <= state.expansions().size(); block++) {
      blocks.add(new NDList());
    }
    TorchScript boxes = TorchScript.load(manager, BlockRates.class, "blocks.torchscript");
    Iterator<NDArray> gradient = gradients.iterator();
    for (Parameter parameter : parameters) {
      NDArray whole = gradient.next();
      for (Strip strip : Strip.of(parameter, state)) {
        NDList view = boxes.call(manager, "box", whole, strip.starts(), strip.lengths());
        blocks.get(strip.block()).addAll(view);
      }
    }
  }

  /**
   * Fills the windows with the stage's steps that were done before, each at its place, so that the
   * next ones are judged as if there had been no interruption, to the last bit.
   *
   * @param steps all of them, in order
   */
  public void recall(List<Metrics.Step> steps) {
    seen = Math.max(0, steps.size() - WINDOW);
    for (Metrics.Step step : steps.subList((int) seen, steps.size())) {
      try (NDManager scope = manager.newSubManager()) {
        NDArray norm = scope.create((float) step.gradientNorm());
        judge(scope.create((float) step.loss()), new NDList(norm), scope);
      }
    }
  }

  /**
   * Looks at a step.
   *
   * @param loss of the step, a scalar
   * @param results owns what is returned
   */
  public Judgement judge(NDArray loss, NDManager results) {
    NDList blockNorms = new NDList();
    for (NDList block : blocks) {
      // An expansion that widens one axis alone still has entries in some parameter.
      blockNorms.addAll(kernels.call(results, "norm", block));
    }
    NDList judged = judge(loss, blockNorms, results);
    return new Judgement(judged.get(0), blockNorms, judged.get(1), judged.get(2));
  }

  /** The window as it lies, for tests. */
  float[] losses() {
    return losses.toFloatArray();
  }

  private NDList judge(NDArray loss, NDList blockNorms, NDManager results) {
    int filled = (int) Math.min(seen, WINDOW);
    int at = (int) (seen++ % WINDOW);
    return kernels.call(
        results,
        "judge",
        loss,
        blockNorms,
        losses,
        norms,
        filled,
        at,
        LEAST,
        filled < WINDOW ? DEVIATIONS_OF_FIRST_STEPS : DEVIATIONS,
        largestNorm);
  }
}
