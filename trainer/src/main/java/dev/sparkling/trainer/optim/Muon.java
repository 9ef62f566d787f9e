package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.state.ParameterState;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;

/**
 * Muon for the matrices inside layers, and AdamW for the embedding, the head and the norms. Each
 * matrix is orthogonalized as Hugging Face stores it: as a whole, even if it has several blocks,
 * and separately, even if a parameter packs several matrices.
 */
public final class Muon implements Optimizer {

  private final OptimizerSpec spec;
  private final NDManager manager;
  private final MuonFunctions functions;
  private final AdamW rest;
  private final BlockRates rates;
  private final Matrices matrices =
      new Matrices(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

  /** Views of shape [N, R, C], each of N consecutive matrices of R rows and C columns. */
  private record Matrices(List<NDArray> values, List<NDArray> gradients, List<NDArray> momenta) {}

  /** The functions of muon.torchscript. */
  private record MuonFunctions(TorchScript script) {
    NDArray view(NDArray whole, PackedTensor first, int count, NDManager results) {
      List<Long> shape = first.shape();
      return script.callForTensor(
          results, "view", whole, first.offset(), count, shape.get(0), shape.get(1));
    }

    void update(Matrices matrices, UpdateDecision decision, double rate, OptimizerSpec spec) {
      script.call(
          "update",
          matrices.values(),
          matrices.gradients(),
          matrices.momenta(),
          decision.divisor(),
          decision.skip(),
          rate,
          spec.momentum(),
          spec.weightDecay());
    }
  }

  /**
   * Creates an optimizer that updates the given parameters.
   *
   * @param trainerState defines the parameters' blocks
   * @param manager owner of the compiled functions and of the views of matrices
   */
  public Muon(
      OptimizerSpec spec,
      List<ParameterState> parameters,
      TrainerState trainerState,
      NDManager manager) {
    this.spec = spec;
    this.manager = manager;
    this.functions = new MuonFunctions(TorchScript.load(manager, Muon.class, "muon.torchscript"));
    List<ParameterState> inLayers = new ArrayList<>();
    List<ParameterState> others = new ArrayList<>();
    for (ParameterState state : parameters) {
      (state.parameter().role() == TensorRole.MATRIX ? inLayers : others).add(state);
    }
    this.rest = new AdamW(spec, others, trainerState, manager);
    this.rates = new BlockRates(inLayers, trainerState, manager);
    inLayers.forEach(this::add);
  }

  @Override
  public void update(long step, List<Double> blockRates, UpdateDecision decision) {
    rest.update(step, blockRates, decision);
    try (NDManager scope = manager.newSubManager()) {
      rates.update(blockRates, scope, rate -> functions.update(matrices, decision, rate, spec));
    }
  }

  private void add(ParameterState state) {
    List<PackedTensor> packed = state.parameter().tensors();
    int first = 0;
    while (first < packed.size()) {
      int end = first + 1;
      while (end < packed.size() && packed.get(end).shape().equals(packed.get(first).shape())) {
        end++;
      }
      int count = end - first;
      PackedTensor tensor = packed.get(first);
      matrices.values().add(functions.view(state.value(), tensor, count, manager));
      matrices.gradients().add(functions.view(state.gradient(), tensor, count, manager));
      matrices.momenta().add(functions.view(state.moment(Moment.MOMENTUM), tensor, count, manager));
      first = end;
    }
  }
}
