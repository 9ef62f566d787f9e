/** {@code sparkling report}: a run as one page of HTML, from what its store holds. */
@NullMarked
package dev.sparkling.cli.report;

import org.jspecify.annotations.NullMarked;
