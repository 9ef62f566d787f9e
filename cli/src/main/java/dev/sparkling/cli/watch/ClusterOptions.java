package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.ClusterChoice;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for the cluster and the namespace, as in kubectl. */
final class ClusterOptions {

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "Namespace of the runs (default: that of the context).")
  private @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "The runs of all namespaces.")
  private boolean allNamespaces;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "Context of the kubeconfig (default: the current one).")
  private @Nullable String context;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig (default: KUBECONFIG, or ~/.kube/config).")
  private @Nullable Path kubeconfig;

  boolean allNamespaces() {
    return allNamespaces;
  }

  /**
   * Returns the choice that the options make.
   *
   * @param run name of a single run; null for all of them
   */
  ClusterChoice choice(@Nullable String run) {
    return new ClusterChoice(kubeconfig, context, namespace, allNamespaces, run);
  }
}
