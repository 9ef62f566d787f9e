/** What a checkpoint is, on disk and in an object store. Knows no libtorch and no Kubernetes. */
@NullMarked
package dev.sparkling.checkpoint;

import org.jspecify.annotations.NullMarked;
