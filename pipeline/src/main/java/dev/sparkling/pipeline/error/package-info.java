/**
 * Errors by who must act on them, with the one table that maps them to exit code, condition reason
 * and retry. Used by every module; uses nothing.
 */
@NullMarked
package dev.sparkling.pipeline.error;

import org.jspecify.annotations.NullMarked;
