package dev.sparkling.operator.definition;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Not ready while the definition lacks a field. A rollout then stops and leaves the old operator at
 * work, and nothing crashes until somebody mends it.
 */
@Readiness
@Singleton
public final class DefinitionReadiness implements HealthCheck {

  private final DefinitionCheck check;

  DefinitionReadiness(KubernetesClient client) {
    this.check =
        new DefinitionCheck(
            () ->
                client
                    .apiextensions()
                    .v1()
                    .customResourceDefinitions()
                    .withName(DefinitionCheck.NAME)
                    .get());
  }

  /** At start, for the log; on a thread of its own, for nothing has to wait for it. */
  void start(@Observes StartupEvent event) {
    Thread.ofVirtual().name("definition check").start(check::problem);
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder answer = HealthCheckResponse.named("CustomResourceDefinition");
    return check
        .problem()
        .map(problem -> answer.withData("problem", problem).down())
        .orElseGet(answer::up)
        .build();
  }
}
