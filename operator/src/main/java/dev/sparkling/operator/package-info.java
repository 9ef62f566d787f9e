/** The Kubernetes adapter of the stage machine. */
@org.jspecify.annotations.NullMarked
package dev.sparkling.operator;
