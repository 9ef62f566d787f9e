/** A run as one page of HTML, from what its store holds and nothing else. */
@NullMarked
package dev.sparkling.cli.report;

import org.jspecify.annotations.NullMarked;
