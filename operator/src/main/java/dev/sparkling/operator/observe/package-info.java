/**
 * Turns a run's Kubernetes objects and its workers' reports into the stage machine's input. Pure:
 * objects are values here, and nothing is requested.
 */
@NullMarked
package dev.sparkling.operator.observe;

import org.jspecify.annotations.NullMarked;
