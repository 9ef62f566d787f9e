/** Builds a run's jobs and their documents. Pure: creates Kubernetes objects without a client. */
@NullMarked
package dev.sparkling.operator.workload;

import org.jspecify.annotations.NullMarked;
