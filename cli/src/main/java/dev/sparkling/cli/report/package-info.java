/** {@code sparkling report}: renders a run in a store as one HTML page. */
@NullMarked
package dev.sparkling.cli.report;

import org.jspecify.annotations.NullMarked;
