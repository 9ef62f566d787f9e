package dev.sparkling.trainer.torch;

/** The device that stores arrays and runs operations on them. */
public enum Device {
  /** A GPU if libtorch can use one, else the CPU. */
  AUTO,
  CPU,
  /** The first GPU that libtorch sees. */
  CUDA
}
