package dev.sparkling.checkpoint.format;

/** AdamW's state tensors, by PyTorch's names. */
public enum Moment {
  FIRST(".exp_avg"),
  SECOND(".exp_avg_sq");

  private final String suffix;

  Moment(String suffix) {
    this.suffix = suffix;
  }

  /** The state tensor's name. */
  public String of(String weight) {
    return weight + suffix;
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
