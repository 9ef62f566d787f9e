/**
 * Widens tensor files of any size in bounded memory: files are divided into portions first, which
 * are read and widened in parallel and delivered in the order of the file.
 */
@NullMarked
package dev.sparkling.expander.stream;

import org.jspecify.annotations.NullMarked;
