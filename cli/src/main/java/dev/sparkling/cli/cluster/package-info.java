/**
 * Access to the runs of a cluster through its API server. Only this package uses the Kubernetes
 * client, which the trainer's image does not have, so no public signature mentions it.
 */
@NullMarked
package dev.sparkling.cli.cluster;

import org.jspecify.annotations.NullMarked;
