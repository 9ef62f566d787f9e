/**
 * Turns an observation and a decision into the status and the events that users see. Pure, except
 * for reading a clock.
 */
@NullMarked
package dev.sparkling.operator.status;

import org.jspecify.annotations.NullMarked;
