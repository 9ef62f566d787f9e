package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;

/**
 * A tensor and its position in one of a checkpoint's files.
 *
 * @param tensor under the name of released Hugging Face checkpoints, whatever the file calls it
 * @param file index of the file, in the checkpoint's order
 * @param offset of its first byte in the file
 */
public record PlacedTensor(TensorSpec tensor, int file, long offset) {}
