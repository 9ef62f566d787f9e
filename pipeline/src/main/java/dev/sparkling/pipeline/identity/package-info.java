/**
 * Which parts of a spec determine a run's results, and so must stay once they were used. Pure: who
 * stores and compares them is the checkpoint's business.
 */
@NullMarked
package dev.sparkling.pipeline.identity;

import org.jspecify.annotations.NullMarked;
