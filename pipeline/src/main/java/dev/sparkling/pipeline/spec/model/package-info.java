/** The shape of a model, how an expansion widens it, and the largest values a field may have. */
@NullMarked
package dev.sparkling.pipeline.spec.model;

import org.jspecify.annotations.NullMarked;
