package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.trainer.model.Parameter.Piece;
import dev.sparkling.trainer.model.ParameterState;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;

/**
 * Muon for the matrices inside of layers, AdamW for embedding, head and norms. Each Hugging Face
 * tensor is made orthogonal by itself and whole, whatever blocks it has and however the trainer has
 * joined it with others.
 */
public final class Muon implements Optimizer {

  private final OptimizerSpec spec;
  private final NDManager manager;
  private final TorchScript kernels;
  private final AdamW rest;
  private final BlockRates rates;
  private final Matrices values = new Matrices(new NDList(), new NDList(), new NDList());

  /** Views: of equal shape where they lie one after the other. */
  private record Matrices(NDList values, NDList gradients, NDList momenta) {}

  /**
   * Prepares for parameters of a model in a state.
   *
   * @param manager owns the operators
   */
  public Muon(
      OptimizerSpec spec,
      List<ParameterState> parameters,
      TrainerState trainerState,
      NDManager manager) {
    this.spec = spec;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, Muon.class, "muon.torchscript");
    List<ParameterState> matrices = new ArrayList<>();
    List<ParameterState> others = new ArrayList<>();
    for (ParameterState state : parameters) {
      (state.parameter().role() == TensorRole.MATRIX ? matrices : others).add(state);
    }
    this.rest = new AdamW(spec, others, trainerState, manager);
    this.rates = new BlockRates(matrices, trainerState, manager);
    matrices.forEach(this::add);
  }

  @Override
  public void update(long step, List<Double> blockRates, Judgement judgement) {
    rest.update(step, blockRates, judgement);
    try (NDManager scope = manager.newSubManager()) {
      rates.update(
          blockRates,
          scope,
          rate ->
              kernels.call(
                  scope,
                  "update",
                  values.values(),
                  values.gradients(),
                  values.momenta(),
                  judgement.divisor(),
                  judgement.skip(),
                  rate,
                  spec.momentum(),
                  spec.weightDecay()));
    }
  }

  private void add(ParameterState state) {
    List<Piece> pieces = state.parameter().pieces();
    int first = 0;
    while (first < pieces.size()) {
      int end = first + 1;
      while (end < pieces.size() && pieces.get(end).shape().equals(pieces.get(first).shape())) {
        end++;
      }
      Piece piece = pieces.get(first);
      values.values().add(view(state.value(), piece, end - first));
      values.gradients().add(view(state.gradient(), piece, end - first));
      values.momenta().add(view(state.moment(Moment.MOMENTUM), piece, end - first));
      first = end;
    }
  }

  private NDArray view(NDArray whole, Piece piece, int count) {
    List<Long> shape = piece.shape();
    return kernels
        .call(manager, "matrices", whole, piece.offset(), count, shape.get(0), shape.get(1))
        .singletonOrThrow();
  }
}
