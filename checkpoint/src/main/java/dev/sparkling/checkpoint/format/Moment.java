package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.util.List;
import java.util.stream.Stream;

/** State tensors of the optimizers, by PyTorch's names. */
public enum Moment {
  FIRST(".exp_avg", 1, OptimizerType.ADAMW),
  SECOND(".exp_avg_sq", 2, OptimizerType.ADAMW),
  MOMENTUM(".momentum_buffer", 1, OptimizerType.MUON);

  private final String suffix;
  private final int power;
  private final OptimizerType optimizer;

  Moment(String suffix, int power, OptimizerType optimizer) {
    this.suffix = suffix;
    this.power = power;
    this.optimizer = optimizer;
  }

  /** The state tensor's name. */
  public String of(String weight) {
    return weight + suffix;
  }

  /** Of the gradient, in the state: a gradient twice as large makes it larger by 2 to the power. */
  public int power() {
    return power;
  }

  /**
   * Those that a training keeps of one weight: Muon trains matrices inside of layers, and leaves
   * the rest to AdamW.
   */
  public static List<Moment> of(OptimizerType training, TensorRole role) {
    boolean muon = training == OptimizerType.MUON && role.isLayerMatrix();
    OptimizerType keeper = muon ? OptimizerType.MUON : OptimizerType.ADAMW;
    return Stream.of(values()).filter(moment -> moment.optimizer == keeper).toList();
  }

  /** The weight that a state tensor belongs to. */
  public static String weight(String stateTensor) {
    for (Moment moment : values()) {
      // FIRST's suffix does not end SECOND's names, so the order does not matter.
      if (stateTensor.endsWith(moment.suffix)) {
        return stateTensor.substring(0, stateTensor.length() - moment.suffix.length());
      }
    }
    throw new IllegalArgumentException(stateTensor + " is not a state tensor");
  }
}
