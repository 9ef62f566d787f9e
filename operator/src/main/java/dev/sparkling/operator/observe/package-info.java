/**
 * Turns a run's Kubernetes objects and its workers' reports into the stage machine's input. Pure:
 * works on the objects that it is given, without a client.
 */
@NullMarked
package dev.sparkling.operator.observe;

import org.jspecify.annotations.NullMarked;
