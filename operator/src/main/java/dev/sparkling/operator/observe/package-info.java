/**
 * From a run's objects and what its workers reported to what the stage machine decides on. Pure: it
 * reads objects as values and asks nobody.
 */
@NullMarked
package dev.sparkling.operator.observe;

import org.jspecify.annotations.NullMarked;
