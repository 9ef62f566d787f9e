package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;

/**
 * A tensor and its place in one of a checkpoint's files.
 *
 * @param tensor under its Hugging Face name of a released checkpoint, whatever the file calls it
 * @param file index of the file, in the checkpoint's order
 * @param offset of its first byte in the file
 */
public record PlacedTensor(TensorSpec tensor, int file, long offset) {}
