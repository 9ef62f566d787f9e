/**
 * Messages between a worker and its launcher: the job document that it is given, its progress, and
 * its result. All three are JSON, specified in {@code docs/jobs.md}; both sides are tested against
 * golden files.
 */
@NullMarked
package dev.sparkling.pipeline.job;

import org.jspecify.annotations.NullMarked;
