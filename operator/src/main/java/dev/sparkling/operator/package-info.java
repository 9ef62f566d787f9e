/** Runs the stage machine on Kubernetes. */
@org.jspecify.annotations.NullMarked
package dev.sparkling.operator;
