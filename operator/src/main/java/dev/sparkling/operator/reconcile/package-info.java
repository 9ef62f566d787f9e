/** The adapter to the cluster: reads caches, acts on decisions and writes the status. */
@NullMarked
package dev.sparkling.operator.reconcile;

import org.jspecify.annotations.NullMarked;
