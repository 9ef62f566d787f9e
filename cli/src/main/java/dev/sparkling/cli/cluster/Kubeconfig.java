package dev.sparkling.cli.cluster;

import dev.sparkling.pipeline.error.UserError;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the cluster and its credentials as kubectl does. */
final class Kubeconfig {

  private Kubeconfig() {}

  static Config read(ClusterChoice choice) {
    Path chosen = choice.kubeconfig();
    if (chosen != null) {
      if (!Files.isReadable(chosen) || Files.isDirectory(chosen)) {
        throw new UserError("--kubeconfig: %s is not a readable file".formatted(chosen));
      }
      // The client looks here first, even when it reads a renewed token.
      System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, chosen.toString());
    }
    List<String> files = List.copyOf(Config.getKubeconfigFilenames());
    boolean found = files.stream().anyMatch(file -> Files.isRegularFile(Path.of(file)));
    boolean inPod = System.getenv("KUBERNETES_SERVICE_HOST") != null;
    if (!found && !inPod) {
      throw new UserError(
          "kubeconfig: %s does not exist; name a file with --kubeconfig or KUBECONFIG"
              .formatted(String.join(", ", files)));
    }
    Config config;
    try {
      config = Config.autoConfigure(choice.context());
    } catch (RuntimeException e) { // from the client, its YAML parser or its certificate parser
      throw new UserError(
          "kubeconfig %s: cannot be used: %s".formatted(String.join(", ", files), reason(e)), e);
    }
    if (found) {
      requireContext(config, choice.context(), String.join(", ", files));
    }
    // The client need not retry: users can, and watch does so itself.
    config.setRequestRetryBackoffLimit(0);
    return config;
  }

  /**
   * Checks that the context exists, because the client would fall back to another one, unlike
   * kubectl.
   */
  private static void requireContext(Config config, @Nullable String wanted, String files) {
    String known =
        config.getContexts().stream()
            .map(NamedContext::getName)
            .sorted()
            .collect(Collectors.joining(", "));
    NamedContext current = config.getCurrentContext();
    if (wanted != null && (current == null || !wanted.equals(current.getName()))) {
      throw new UserError(
          "--context: '%s' is not in kubeconfig %s, which has %s"
              .formatted(wanted, files, known.isEmpty() ? "none" : known));
    }
    if (current == null) {
      throw new UserError(
          "kubeconfig %s: has no current context; name one with --context, it has %s"
              .formatted(files, known.isEmpty() ? "none" : known));
    }
    if (config.getMasterUrl().startsWith(Config.DEFAULT_MASTER_URL)) {
      throw new UserError(
          "kubeconfig %s: context '%s' names cluster '%s', which has no server there"
              .formatted(files, current.getName(), current.getContext().getCluster()));
    }
  }

  static String reason(Throwable error) {
    Throwable deepest = error;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String message = deepest.getMessage();
    return message == null || message.isBlank()
        ? deepest.getClass().getSimpleName()
        : message.lines().findFirst().orElse(message);
  }
}
