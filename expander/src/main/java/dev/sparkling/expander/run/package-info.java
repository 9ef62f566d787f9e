/** Reads a checkpoint, widens it tensor by tensor, and writes the new checkpoint with a report. */
@NullMarked
package dev.sparkling.expander.run;

import org.jspecify.annotations.NullMarked;
