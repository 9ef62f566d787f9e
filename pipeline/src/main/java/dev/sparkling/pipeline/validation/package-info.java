/**
 * Reads a {@code ProgressiveTraining} from YAML and checks what a schema cannot: every problem at
 * once, each with its path. The same checks run on a laptop, in the operator and in the pods. No
 * I/O: callers bring the text.
 */
@NullMarked
package dev.sparkling.pipeline.validation;

import org.jspecify.annotations.NullMarked;
