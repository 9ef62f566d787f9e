/**
 * Checks that the CustomResourceDefinition in the cluster has all fields that this operator uses:
 * the API server silently drops fields that it does not know.
 */
@NullMarked
package dev.sparkling.operator.definition;

import org.jspecify.annotations.NullMarked;
