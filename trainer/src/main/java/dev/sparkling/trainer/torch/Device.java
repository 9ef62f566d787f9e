package dev.sparkling.trainer.torch;

/** What the arrays lie on, and what computes with them. */
public enum Device {
  /** A GPU where libtorch sees one, else the CPU. */
  AUTO,
  CPU,
  /** The first GPU that libtorch sees. */
  CUDA
}
