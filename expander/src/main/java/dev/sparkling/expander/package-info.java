/** Widens a checkpoint. Uses neither libtorch nor Kubernetes. */
@NullMarked
package dev.sparkling.expander;

import org.jspecify.annotations.NullMarked;
