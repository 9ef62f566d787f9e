/**
 * From an observation and a decision to the status that users see. Pure but for the clock's time.
 */
@NullMarked
package dev.sparkling.operator.status;

import org.jspecify.annotations.NullMarked;
