/**
 * Widens tensor files of any size in bounded memory: what is read and written where is laid out
 * first, pieces are read and widened side by side, and come out in the order of the file.
 */
@NullMarked
package dev.sparkling.expander.stream;

import org.jspecify.annotations.NullMarked;
