/**
 * What passes between whoever launches a worker and the worker: a job document in, progress while
 * it works, a result at its end. All three are JSON; {@code docs/jobs.md} describes them and golden
 * files hold both sides to it.
 */
@NullMarked
package dev.sparkling.pipeline.job;

import org.jspecify.annotations.NullMarked;
