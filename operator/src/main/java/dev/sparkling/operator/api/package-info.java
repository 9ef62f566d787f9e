/** The resource as Kubernetes sees it; its spec and status are the records of {@code pipeline}. */
@NullMarked
package dev.sparkling.operator.api;

import org.jspecify.annotations.NullMarked;
