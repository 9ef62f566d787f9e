/**
 * Carries out decisions in the cluster: reads caches, creates and deletes jobs, writes the status.
 */
@NullMarked
package dev.sparkling.operator.reconcile;

import org.jspecify.annotations.NullMarked;
