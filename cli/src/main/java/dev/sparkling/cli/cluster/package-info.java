/**
 * The runs of a cluster, as its API server shows them. Only this package uses the Kubernetes
 * client, which the trainer's image does not have, and no public signature names it.
 */
@NullMarked
package dev.sparkling.cli.cluster;

import org.jspecify.annotations.NullMarked;
