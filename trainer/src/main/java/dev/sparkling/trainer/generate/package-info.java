/** Generates text to inspect a model: chooses tokens and decides when to stop. */
@NullMarked
package dev.sparkling.trainer.generate;

import org.jspecify.annotations.NullMarked;
