package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.util.List;
import java.util.stream.Stream;

/** The state tensors of the optimizers, with PyTorch's names. */
public enum Moment {
  FIRST(".exp_avg", 1),
  SECOND(".exp_avg_sq", 2),
  MOMENTUM(".momentum_buffer", 1);

  private final String suffix;
  private final int power;

  Moment(String suffix, int power) {
    this.suffix = suffix;
    this.power = power;
  }

  /** Returns the name of a weight's state tensor. */
  public String of(String weight) {
    return weight + suffix;
  }

  /**
   * Returns the power of the gradient in the state: scaling gradients by c scales it by c to this
   * power.
   */
  public int power() {
    return power;
  }

  /** Returns the state tensors that {@link OptimizerType#stateTensors} lists for a weight. */
  public static List<Moment> of(OptimizerType optimizer, TensorRole role) {
    List<String> names = optimizer.forWeight(role.isLayerMatrix()).stateTensors();
    return Stream.of(values())
        .filter(moment -> names.contains(moment.suffix.substring(1)))
        .toList();
  }

  /** Returns the name of the weight that a state tensor belongs to. */
  public static String weight(String stateTensor) {
    for (Moment moment : values()) {
      // No suffix ends with another, so the order does not matter.
      if (stateTensor.endsWith(moment.suffix)) {
        return stateTensor.substring(0, stateTensor.length() - moment.suffix.length());
      }
    }
    throw new IllegalArgumentException(stateTensor + " is not a state tensor");
  }
}
