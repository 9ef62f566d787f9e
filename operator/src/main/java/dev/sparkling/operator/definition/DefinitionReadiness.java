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
 * Reports the operator as not ready while the definition is missing or lacks a field, so that a
 * rollout stops and the old operator keeps running until the definition is upgraded.
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

  /** Checks once at startup, for the log, without delaying it. */
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
