/** Trains a model on DJL's PyTorch engine. Knows no Kubernetes. */
@NullMarked
package dev.sparkling.trainer;

import org.jspecify.annotations.NullMarked;
