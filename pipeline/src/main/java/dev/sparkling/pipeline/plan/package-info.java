/**
 * What a run will do and cost, computed before any of it happens: steps, widths, parameters, FLOPs.
 * Pure: records and arithmetic only.
 */
@NullMarked
package dev.sparkling.pipeline.plan;

import org.jspecify.annotations.NullMarked;
