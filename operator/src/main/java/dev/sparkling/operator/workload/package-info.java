/** Builds a run's jobs and their documents. Pure: Kubernetes objects as values, no client. */
@NullMarked
package dev.sparkling.operator.workload;

import org.jspecify.annotations.NullMarked;
