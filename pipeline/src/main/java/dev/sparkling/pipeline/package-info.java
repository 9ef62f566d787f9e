/**
 * The definition of a progressive training: the resource, its validation, the plan, the stage
 * machine and the errors. Pure: no I/O, no clock, no logger, no Kubernetes, no tensors.
 */
@NullMarked
package dev.sparkling.pipeline;

import org.jspecify.annotations.NullMarked;
