package dev.sparkling.trainer.model.pass;

/**
 * Cosine and sine of the rotary embedding's angles, {@code position / theta^(2i/D)}, for S
 * positions and a head dimension of D, rounded to floats at the same places as in Hugging Face's
 * Qwen3RotaryEmbedding (modeling_qwen3.py).
 *
 * @param cosine [S, D], each angle twice
 * @param sine [S, D]; negated in the first half of each row
 */
@SuppressWarnings("ArrayRecordComponent") // Copied to native memory once, never compared.
record RotaryAngles(float[] cosine, float[] sine) {

  static RotaryAngles of(int length, int headDim, double theta) {
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
    return new RotaryAngles(cosine, sine);
  }
}
