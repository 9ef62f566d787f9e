/** The Kubernetes resource; its spec and status are the records of {@code pipeline}. */
@NullMarked
package dev.sparkling.operator.api;

import org.jspecify.annotations.NullMarked;
