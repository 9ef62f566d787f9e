package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Measures and clips gradients, and skips updates whose loss or gradient norm is far above those of
 * the last {@value #WINDOW} steps. Skipped steps enter the window too, so that a lasting change is
 * accepted after a few steps. Each stage starts with an empty window, because an expansion changes
 * losses and norms: nothing is skipped in the first {@value #MIN_STEPS} steps, and the threshold is
 * doubled until the window is full.
 */
public final class GradientGuard {

  static final int WINDOW = 128;
  static final int MIN_STEPS = 32;

  /** Standard deviations above the mean that are allowed, as in OLMo-core. */
  private static final double DEVIATIONS = 6;

  /** Standard deviations that are allowed until the window is full. */
  private static final double DEVIATIONS_OF_FIRST_STEPS = 12;

  private final double largestNorm;
  private final NDManager manager;
  private final GuardKernels kernels;
  private final List<List<NDArray>> blocks = new ArrayList<>();
  private final NDArray losses;
  private final NDArray norms;
  private long seen;

  /** The operators of guard.torchscript. */
  private record GuardKernels(TorchScript script) {
    NDArray norm(List<NDArray> gradients, NDManager results) {
      return script.callForTensor(results, "norm", gradients);
    }

    /**
     * Makes the decision and records loss and norm in the windows.
     *
     * @param filled number of recorded entries in each window
     * @param at index at which loss and norm are recorded
     */
    UpdateDecision decide(
        NDArray loss,
        List<NDArray> blockNorms,
        NDArray losses,
        NDArray norms,
        int filled,
        int at,
        double deviations,
        double largestNorm,
        NDManager results) {
      List<NDArray> decided =
          script.callForTensors(
              results,
              "decide",
              loss,
              blockNorms,
              losses,
              norms,
              filled,
              at,
              MIN_STEPS,
              deviations,
              largestNorm);
      return new UpdateDecision(decided.get(0), blockNorms, decided.get(1), decided.get(2));
    }
  }

  /**
   * Creates the guard of a stage.
   *
   * @param largestNorm norm that gradients are clipped to; 0 for no clipping
   * @param gradients gradients in the order of the parameters, read at each step
   * @param manager owner of windows and views
   */
  public GradientGuard(
      double largestNorm,
      List<Parameter> parameters,
      List<NDArray> gradients,
      TrainerState state,
      NDManager manager) {
    this.largestNorm = largestNorm;
    this.manager = manager;
    this.kernels =
        new GuardKernels(TorchScript.load(manager, GradientGuard.class, "guard.torchscript"));
    this.losses = manager.create(new float[WINDOW]);
    this.norms = manager.create(new float[WINDOW]);
    for (int block = 0; block <= state.expansions().size(); block++) {
      blocks.add(new ArrayList<>());
    }
    SliceKernels slices = new SliceKernels(manager);
    Iterator<NDArray> gradient = gradients.iterator();
    for (Parameter parameter : parameters) {
      NDArray whole = gradient.next();
      for (ParameterSlice slice : ParameterSlice.of(parameter, state)) {
        blocks.get(slice.block()).add(slices.view(whole, slice, manager));
      }
    }
  }

  /**
   * Refills the windows from earlier steps of the stage, each at its original index, so that
   * decisions after a restart are bitwise identical.
   *
   * @param steps all earlier steps of the stage, in order
   */
  public void restore(List<Metrics.Step> steps) {
    seen = Math.max(0, steps.size() - WINDOW);
    for (Metrics.Step step : steps.subList((int) seen, steps.size())) {
      try (NDManager scope = manager.newSubManager()) {
        NDArray norm = scope.create((float) step.gradientNorm());
        decide(scope.create((float) step.loss()), List.of(norm), scope);
      }
    }
  }

  /**
   * Measures the gradients and decides whether they are clipped and the update is skipped.
   *
   * @param loss loss of the step, a scalar
   * @param results owner of the decision's arrays
   */
  public UpdateDecision decide(NDArray loss, NDManager results) {
    List<NDArray> blockNorms = new ArrayList<>();
    for (List<NDArray> block : blocks) {
      // Never empty: an expansion of either axis adds entries to some parameter.
      blockNorms.add(kernels.norm(block, results));
    }
    return decide(loss, blockNorms, results);
  }

  private UpdateDecision decide(NDArray loss, List<NDArray> blockNorms, NDManager results) {
    int filled = (int) Math.min(seen, WINDOW);
    int at = (int) (seen++ % WINDOW);
    double deviations = filled < WINDOW ? DEVIATIONS_OF_FIRST_STEPS : DEVIATIONS;
    return kernels.decide(
        loss, blockNorms, losses, norms, filled, at, deviations, largestNorm, results);
  }
}
