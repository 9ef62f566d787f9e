/** Trains a model on DJL's PyTorch engine. Independent of Kubernetes. */
@NullMarked
package dev.sparkling.trainer;

import org.jspecify.annotations.NullMarked;
