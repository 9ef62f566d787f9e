/** Builds the jobs of a run and their documents. Pure: Kubernetes' objects as values, no client. */
@NullMarked
package dev.sparkling.operator.workload;

import org.jspecify.annotations.NullMarked;
