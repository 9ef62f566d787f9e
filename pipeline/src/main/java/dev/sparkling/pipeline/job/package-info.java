/**
 * Messages between a worker and its launcher: a job document in, progress while it runs, a result
 * when it ends. All three are JSON; {@code docs/jobs.md} specifies them and golden files hold both
 * sides to it.
 */
@NullMarked
package dev.sparkling.pipeline.job;

import org.jspecify.annotations.NullMarked;
