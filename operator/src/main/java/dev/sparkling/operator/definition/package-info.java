/**
 * Whether the CustomResourceDefinition in the cluster has every field that this operator uses. The
 * API server drops fields that it does not know, without a word.
 */
@NullMarked
package dev.sparkling.operator.definition;

import org.jspecify.annotations.NullMarked;
