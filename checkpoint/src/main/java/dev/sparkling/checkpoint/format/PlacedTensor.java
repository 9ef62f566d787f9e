package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;

/**
 * A tensor and its position in one of a checkpoint's files.
 *
 * @param tensor tensor with its name in released Hugging Face checkpoints, which may differ from
 *     that in the file
 * @param file index of the file, in the checkpoint's order
 * @param offset offset of its first byte in the file
 */
public record PlacedTensor(TensorSpec tensor, int file, long offset) {}
