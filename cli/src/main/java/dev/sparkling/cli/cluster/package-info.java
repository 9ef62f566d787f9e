/**
 * Runs as the cluster's API server shows them. Only this package knows Kubernetes' client, whose
 * libraries workers do not have: nothing of it is in a signature that a command's class holds.
 */
@NullMarked
package dev.sparkling.cli.cluster;

import org.jspecify.annotations.NullMarked;
