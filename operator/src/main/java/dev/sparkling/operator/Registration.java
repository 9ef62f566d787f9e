package dev.sparkling.operator;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.reconcile.RunReconciler;
import io.javaoperatorsdk.operator.Operator;
import io.quarkiverse.operatorsdk.runtime.QuarkusConfigurationService;
import io.quarkiverse.operatorsdk.runtime.QuarkusControllerConfiguration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Registers the reconciler. The producer of the Quarkus extension, which this one replaces, passes
 * on neither the annotation's triggerReconcilerOnAllEvents nor that of a ConfigurableReconciler.
 */
@Singleton
final class Registration {

  @Produces
  @ApplicationScoped
  Operator operator(QuarkusConfigurationService service, RunReconciler reconciler) {
    Operator operator = new Operator(service);
    AllEvents configuration = new AllEvents(service.getConfigurationFor(reconciler));
    configuration.setParent(service);
    operator.register(reconciler, configuration);
    Duration patience = service.reconciliationTerminationTimeout();
    if (!patience.isZero()) {
      operator.installShutdownHook(patience);
    }
    return operator;
  }

  /** The configuration that the extension has read from the annotation, with one change. */
  private static final class AllEvents
      extends QuarkusControllerConfiguration<ProgressiveTrainingResource> {

    AllEvents(QuarkusControllerConfiguration<ProgressiveTrainingResource> read) {
      super(
          read.getInformerConfig(),
          read.getName(),
          read.isGenerationAware(),
          read.getAssociatedReconcilerClassName(),
          read.getRetry(),
          read.getRateLimiter(),
          read.maxReconciliationInterval().orElseThrow(),
          read.getFinalizerName(),
          read.fieldManager(),
          read.getWorkflow(),
          read.getResourceTypeName(),
          read.getResourceClass());
    }

    @Override
    public boolean triggerReconcilerOnAllEvents() {
      return true;
    }
  }
}
