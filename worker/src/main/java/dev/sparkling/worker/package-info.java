/**
 * The worker as a process, and the commands that need no libtorch: {@link
 * dev.sparkling.worker.Expander} is the main class of the expander's image, which holds this module
 * and what it depends on.
 */
@NullMarked
package dev.sparkling.worker;

import org.jspecify.annotations.NullMarked;
