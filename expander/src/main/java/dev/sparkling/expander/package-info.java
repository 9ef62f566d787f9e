/** Widens a checkpoint. Knows no libtorch and no Kubernetes. */
@NullMarked
package dev.sparkling.expander;

import org.jspecify.annotations.NullMarked;
