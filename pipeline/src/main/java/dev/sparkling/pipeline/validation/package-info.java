/**
 * Reads a {@code ProgressiveTraining} from YAML and validates what a schema cannot: every problem
 * at once, each with its path. The same rules apply on a laptop, in the operator and in the pods.
 * No I/O: callers pass the text.
 */
@NullMarked
package dev.sparkling.pipeline.validation;

import org.jspecify.annotations.NullMarked;
