package dev.sparkling.cli;

import dev.sparkling.cli.cluster.ClusterChoice;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster and namespace, named as in kubectl. */
final class ClusterOptions {

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "Where the runs are (default: the context's namespace).")
  private @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "The runs of all namespaces.")
  private boolean allNamespaces;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "A context of the kubeconfig (default: its current one).")
  private @Nullable String context;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Clusters and credentials (default: KUBECONFIG, or ~/.kube/config).")
  private @Nullable Path kubeconfig;

  boolean allNamespaces() {
    return allNamespaces;
  }

  /**
   * What the options choose.
   *
   * @param run the only one that is meant
   */
  ClusterChoice choice(@Nullable String run) {
    return new ClusterChoice(kubeconfig, context, namespace, allNamespaces, run);
  }
}
