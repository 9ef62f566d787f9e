package dev.sparkling.cli.cluster;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A choice of runs in a cluster; the components mean what kubectl's options of the same names mean.
 *
 * @param kubeconfig kubeconfig file; null for the one of the environment or the home folder
 * @param context context of the kubeconfig; null for its current one
 * @param namespace namespace of the runs; null for that of the context
 * @param allNamespaces whether to choose the runs of all namespaces
 * @param run name of a single run; null for all of them
 */
public record ClusterChoice(
    @Nullable Path kubeconfig,
    @Nullable String context,
    @Nullable String namespace,
    boolean allNamespaces,
    @Nullable String run) {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  public ClusterChoice {
    requireName("NAME", run);
    requireName("--namespace", namespace);
    if (run != null && allNamespaces) {
      throw new UserError(
          "NAME: '%s' cannot be combined with --all-namespaces, where a name is not unique; use --namespace"
              .formatted(run));
    }
  }

  /** Names become parts of URLs and selectors, so other characters are rejected. */
  private static void requireName(String argument, @Nullable String name) {
    if (name != null && !NAME.matcher(name).matches()) {
      throw new UserError(
          "%s: '%s' is not a Kubernetes name; lower case letters, digits, '-' and '.' are allowed"
              .formatted(argument, name));
    }
  }
}
