/** Checkpoints on disk and in object stores. Uses neither libtorch nor Kubernetes. */
@NullMarked
package dev.sparkling.checkpoint;

import org.jspecify.annotations.NullMarked;
