package dev.sparkling.cli.cluster;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which runs of which cluster, as kubectl's options of the same names say it.
 *
 * @param kubeconfig a file; else what the environment names, else the home's
 * @param context of the kubeconfig; else its current one
 * @param namespace else the context's
 * @param allNamespaces whatever the namespace says
 * @param run the name of the only one that is meant
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
          "NAME: '%s' cannot be combined with --all-namespaces, in which names are not unique; use --namespace"
              .formatted(run));
    }
  }

  /** Names become parts of addresses and selectors, so nothing else may be in them. */
  private static void requireName(String argument, @Nullable String name) {
    if (name != null && !NAME.matcher(name).matches()) {
      throw new UserError(
          "%s: '%s' is no name in Kubernetes; lower case letters, digits, '-' and '.' are allowed"
              .formatted(argument, name));
    }
  }
}
