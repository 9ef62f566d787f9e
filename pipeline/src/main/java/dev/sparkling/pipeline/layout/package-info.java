/** The layout of a run's objects: keys below the run's root, the same on disk and in a bucket. */
@NullMarked
package dev.sparkling.pipeline.layout;

import org.jspecify.annotations.NullMarked;
