/**
 * Access to libtorch by DJL's engine, which no other package uses: starts it, compiles TorchScript,
 * and runs tasks on its threads. Every array is owned by one {@code NDManager}, which its creator
 * opens in try-with-resources.
 */
@NullMarked
package dev.sparkling.trainer.torch;

import org.jspecify.annotations.NullMarked;
