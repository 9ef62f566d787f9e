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
 * Measures gradients, and decides whether to clip them and whether to skip the update of a step
 * whose loss or gradient norm is far above the mean of the last {@value #WINDOW} steps. Skipped
 * steps enter the window too, so that a lasting change is accepted after a few steps. Each stage
 * starts with an empty window, because an expansion changes losses and norms: no spike is detected
 * in the first {@value #MIN_STEPS} steps, and the allowed number of standard deviations is doubled
 * until the window is full. If the loss or the norm is not finite, the update is always skipped.
 */
public final class GradientGuard {

  /** Number of steps whose losses and norms are kept. */
  static final int WINDOW = 128;

  /** Steps of a stage in which no spike is detected. */
  static final int MIN_STEPS = 32;

  /**
   * Standard deviations above the mean that are allowed, as in OLMo-core. A standard deviation
   * below 1% of the mean is replaced by 1% of the mean.
   */
  private static final double DEVIATIONS = 6;

  /** Standard deviations that are allowed until the window is full. */
  private static final double EARLY_DEVIATIONS = 12;

  private final double maxNorm;
  private final NDManager manager;
  private final GuardFunctions functions;
  private final List<List<NDArray>> blocks = new ArrayList<>();
  private final NDArray losses;
  private final NDArray norms;
  private long seen;

  /** The functions of guard.torchscript. */
  private record GuardFunctions(TorchScript script) {
    NDArray norm(List<NDArray> gradients, NDManager results) {
      return script.callForTensor(results, "norm", gradients);
    }

    /**
     * Makes the decision and records loss and norm in the windows.
     *
     * @param filled number of entries of each window that are filled
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
        double maxNorm,
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
              maxNorm);
      return new UpdateDecision(decided.get(0), blockNorms, decided.get(1), decided.get(2));
    }
  }

  /**
   * Creates the guard of a stage.
   *
   * @param maxNorm maximum global gradient norm; 0 disables clipping
   * @param gradients gradients in the order of the parameters; each step reads them
   * @param state defines the parameters' blocks
   * @param manager owner of the windows and of the views of gradient slices
   */
  public GradientGuard(
      double maxNorm,
      List<Parameter> parameters,
      List<NDArray> gradients,
      TrainerState state,
      NDManager manager) {
    this.maxNorm = maxNorm;
    this.manager = manager;
    this.functions =
        new GuardFunctions(TorchScript.load(manager, GradientGuard.class, "guard.torchscript"));
    this.losses = manager.create(new float[WINDOW]);
    this.norms = manager.create(new float[WINDOW]);
    for (int block = 0; block <= state.expansions().size(); block++) {
      blocks.add(new ArrayList<>());
    }
    SliceFunctions slices = new SliceFunctions(manager);
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
   * Measures the gradients and decides whether to clip them and whether to skip the update.
   *
   * @param loss loss of the step, a scalar
   * @param results owner of the decision's arrays
   */
  public UpdateDecision decide(NDArray loss, NDManager results) {
    List<NDArray> blockNorms = new ArrayList<>();
    for (List<NDArray> block : blocks) {
      // Never empty: an expansion of either axis adds entries to some parameter.
      blockNorms.add(functions.norm(block, results));
    }
    return decide(loss, blockNorms, results);
  }

  private UpdateDecision decide(NDArray loss, List<NDArray> blockNorms, NDManager results) {
    int filled = (int) Math.min(seen, WINDOW);
    int at = (int) (seen++ % WINDOW);
    double deviations = filled < WINDOW ? EARLY_DEVIATIONS : DEVIATIONS;
    return functions.decide(
        loss, blockNorms, losses, norms, filled, at, deviations, maxNorm, results);
  }
}
