/**
 * libtorch behind DJL's engine, which no other package uses: starts it, compiles TorchScript, runs
 * tasks on its threads. Every array has one owning {@code NDManager}, which whoever creates it
 * opens in try-with-resources.
 */
@NullMarked
package dev.sparkling.trainer.torch;

import org.jspecify.annotations.NullMarked;
