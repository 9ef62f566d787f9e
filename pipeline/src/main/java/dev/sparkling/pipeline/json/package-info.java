/** Names of enum constants outside of Java, and a reader for grouped records. */
@NullMarked
package dev.sparkling.pipeline.json;

import org.jspecify.annotations.NullMarked;
