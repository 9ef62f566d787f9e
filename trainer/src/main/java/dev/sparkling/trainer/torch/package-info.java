/**
 * Access to libtorch through DJL's engine, which no other package uses: starts libtorch, compiles
 * TorchScript, and divides libtorch's threads between tasks. Every array is owned by one {@code
 * NDManager}, which its creator opens in try-with-resources.
 */
@NullMarked
package dev.sparkling.trainer.torch;

import org.jspecify.annotations.NullMarked;
