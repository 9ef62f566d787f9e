/** Checkpoints on disk and in object stores. Knows no libtorch and no Kubernetes. */
@NullMarked
package dev.sparkling.checkpoint;

import org.jspecify.annotations.NullMarked;
