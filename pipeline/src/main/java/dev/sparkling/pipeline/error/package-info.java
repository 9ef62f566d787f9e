/**
 * Errors, classified by who has to act, and the one table that maps them to exit code, condition
 * reason and retry. Used by every module; depends on nothing.
 */
@NullMarked
package dev.sparkling.pipeline.error;

import org.jspecify.annotations.NullMarked;
