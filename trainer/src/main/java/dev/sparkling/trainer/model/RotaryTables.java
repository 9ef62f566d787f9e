package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;

/**
 * Cosine and sine of rotary embedding's angles, {@code position / theta^(2i/D)}, each angle twice.
 * Rounded to floats where Hugging Face rounds (modeling_qwen3.py, Qwen3RotaryEmbedding).
 *
 * @param cosine [S, D]
 * @param sine [S, D]; the first half of each row holds minus the sine
 */
record RotaryTables(NDArray cosine, NDArray sine) {

  static RotaryTables of(NDManager manager, int length, int headDim, double theta) {
    float[] cosine = new float[length * headDim];
    float[] sine = new float[length * headDim];
    for (int i = 0; i < headDim / 2; i++) {
      float frequency = 1 / (float) Math.pow(theta, 2f * i / headDim);
      for (int position = 0; position < length; position++) {
        float angle = position * frequency;
        int at = position * headDim + i;
        cosine[at] = cosine[at + headDim / 2] = (float) Math.cos(angle);
        sine[at + headDim / 2] = (float) Math.sin(angle);
        sine[at] = -sine[at + headDim / 2];
      }
    }
    Shape shape = new Shape(length, headDim);
    return new RotaryTables(manager.create(cosine, shape), manager.create(sine, shape));
  }

  /** Positions. */
  long length() {
    return cosine.getShape().get(0);
  }

  /**
   * The first positions.
   *
   * @param results owns what is made
   */
  RotaryTables upTo(long positions, NDManager results) {
    if (positions == length()) {
      return this;
    }
    NDIndex first = new NDIndex(":{}", positions);
    RotaryTables part = new RotaryTables(cosine.get(first), sine.get(first));
    part.cosine().attach(results);
    part.sine().attach(results);
    return part;
  }
}
