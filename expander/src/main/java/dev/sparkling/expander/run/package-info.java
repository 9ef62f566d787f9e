/** Reads a checkpoint, widens it tensor by tensor on the way, writes the new one and a report. */
@NullMarked
package dev.sparkling.expander.run;

import org.jspecify.annotations.NullMarked;
