/** How every stage trains: batches, optimizer, learning rate, checkpoints, evaluation. */
@NullMarked
package dev.sparkling.pipeline.spec.training;

import org.jspecify.annotations.NullMarked;
