/**
 * The plan of a run, computed before it starts: steps, widths, parameters, FLOPs, memory. Pure:
 * records and arithmetic only.
 */
@NullMarked
package dev.sparkling.pipeline.plan;

import org.jspecify.annotations.NullMarked;
