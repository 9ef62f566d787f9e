package dev.sparkling.operator.definition;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares the installed definition with the operator's own at every readiness probe, until they
 * match once.
 */
final class DefinitionCheck {

  static final String NAME = "progressivetrainings.sparkling.dev";

  private static final Logger LOG = Logger.getLogger(DefinitionCheck.class);
  private static final String ADVICE =
      "helm upgrade with crds.enabled=true, or kubectl apply --server-side --force-conflicts -f"
          + " charts/sparkling/files/crds";

  /** Largest number of missing fields that the problem lists. */
  private static final int MAX_LISTED = 10;

  private final Supplier<@Nullable CustomResourceDefinition> installed;

  /** Whether the result is final, so that the definition is not read again. */
  private boolean settled;

  private @Nullable String problem;

  /**
   * Creates a check; nothing is read yet.
   *
   * @param installed supplier of the definition in the cluster; null if there is none
   */
  DefinitionCheck(Supplier<@Nullable CustomResourceDefinition> installed) {
    this.installed = installed;
  }

  /**
   * Returns the problem and its remedy; empty if there is none, or if the operator may not read the
   * definition.
   */
  synchronized Optional<String> problem() {
    if (!settled) {
      check();
    }
    return Optional.ofNullable(problem);
  }

  private void check() {
    try {
      report(compare(installed.get()));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        settled = true;
        LOG.infof(
            "customresourcedefinition %s: is not checked, because this operator may not read it; set"
                + " rbac.readCustomResourceDefinition=true to allow it",
            NAME);
      } else {
        // Keeps the last result; the next probe tries again.
        LOG.warnf("customresourcedefinition %s: cannot be read: %s", NAME, e.getMessage());
      }
    }
  }

  /** Logs a problem once. */
  private void report(@Nullable String now) {
    if (now == null) {
      settled = true;
      LOG.infof("customresourcedefinition %s: has all fields that this operator uses", NAME);
    } else if (!Objects.equals(now, problem)) {
      LOG.error(now);
    }
    problem = now;
  }

  private static @Nullable String compare(@Nullable CustomResourceDefinition definition) {
    if (definition == null) {
      return "customresourcedefinition " + NAME + ": is not installed; " + ADVICE;
    }
    List<String> missing = MissingFields.of(own(), definition);
    if (missing.isEmpty()) {
      return null;
    }
    String more =
        missing.size() > MAX_LISTED ? " and " + (missing.size() - MAX_LISTED) + " more" : "";
    return "customresourcedefinition "
        + NAME
        + ": is older than this operator and lacks "
        + String.join(", ", missing.subList(0, Math.min(MAX_LISTED, missing.size())))
        + more
        + ", which the API server drops silently; "
        + ADVICE;
  }

  /** Returns the definition that this operator was built with. */
  static CustomResourceDefinition own() {
    String file = "/crds/" + NAME + "-v1.yml";
    try (InputStream yaml = DefinitionCheck.class.getResourceAsStream(file)) {
      return new KubernetesSerialization()
          .unmarshal(Objects.requireNonNull(yaml, file), CustomResourceDefinition.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
