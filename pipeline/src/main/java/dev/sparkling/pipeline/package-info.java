/**
 * What a progressive training is, without doing any of it: the resource, its validation, the plan,
 * the stage machine, the errors. Pure: no I/O, no clock, no logger, no Kubernetes, no tensors.
 */
@NullMarked
package dev.sparkling.pipeline;

import org.jspecify.annotations.NullMarked;
