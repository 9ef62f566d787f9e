/**
 * Widens tensor files of any size in bounded memory: files are divided into portions, which are
 * read and widened in parallel and returned in the order of the file.
 */
@NullMarked
package dev.sparkling.expander.stream;

import org.jspecify.annotations.NullMarked;
