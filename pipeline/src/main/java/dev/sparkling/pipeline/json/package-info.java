/** How enum constants are spelled outside of Java, and how grouped records are read. */
@NullMarked
package dev.sparkling.pipeline.json;

import org.jspecify.annotations.NullMarked;
