/**
 * The only package that touches DJL's engine: starts it, loads our TorchScript, hands out memory.
 * Every array has one owning {@code NDManager}, which its caller opens in try-with-resources.
 */
@NullMarked
package dev.sparkling.trainer.torch;

import org.jspecify.annotations.NullMarked;
