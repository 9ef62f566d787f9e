package dev.sparkling.trainer.torch;

/** Where arrays are and where operations on them run. */
public enum Device {
  /** A GPU if libtorch can use one, else the CPU. */
  AUTO,
  CPU,
  /** The first GPU that libtorch sees. */
  CUDA
}
