/** The edge: reads the cluster's caches, acts on decisions, writes one status patch. */
@NullMarked
package dev.sparkling.operator.reconcile;

import org.jspecify.annotations.NullMarked;
