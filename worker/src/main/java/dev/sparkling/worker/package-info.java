/**
 * The code that all commands share, and the commands that need no libtorch. {@link
 * dev.sparkling.worker.Expander} is the main class of the expander's image, which has only this
 * module and its dependencies.
 */
@NullMarked
package dev.sparkling.worker;

import org.jspecify.annotations.NullMarked;
