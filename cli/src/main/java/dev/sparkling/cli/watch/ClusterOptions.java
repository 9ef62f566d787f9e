package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.ClusterChoice;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The cluster and the namespace, with kubectl's options. */
final class ClusterOptions {

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "Namespace of the runs (default: the context's).")
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
   * The choice that the options make.
   *
   * @param run name of a single run; null for all of them
   */
  ClusterChoice choice(@Nullable String run) {
    return new ClusterChoice(kubeconfig, context, namespace, allNamespaces, run);
  }
}
