package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.OperatorSettings;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.reconcile.Deletion.Delay;
import dev.sparkling.operator.reconcile.Workers.LaunchFailure;
import dev.sparkling.operator.status.Reason;
import dev.sparkling.operator.status.StatusFactory;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.operator.workload.WorkerJobs;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The Operator SDK's entry point. It defines what triggers a pass over a run, and schedules the
 * next one.
 */
@ControllerConfiguration(
    name = "progressivetraining",
    // The filter chooses the updates that start a pass, because a retry is requested in metadata.
    generationAwareEventProcessing = false,
    informer = @Informer(onUpdateFilter = UserEdits.class),
    // Events trigger passes; the interval bounds the delay if an event is lost.
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 1, timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 1_000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
public final class RunReconciler
    implements Reconciler<ProgressiveTrainingResource>, Cleaner<ProgressiveTrainingResource> {

  private final ProgressPolling polling;
  private final EventLookup events;
  private final SimpleInboundEventSource<ProgressiveTrainingResource> answered =
      new SimpleInboundEventSource<>();
  private final RunMetrics metrics;
  private final StatusFactory statuses;
  private final StatusWriter writer;
  private final RunPass pass;
  private final Deletion deletion;
  private final InstantSource clock = InstantSource.system();

  RunReconciler(OperatorSettings settings, KubernetesClient client, MeterRegistry registry) {
    this.metrics = new RunMetrics(registry);
    this.polling =
        new ProgressPolling(
            WorkerJobs.PROGRESS_PORT,
            settings.progressInterval(),
            registry,
            answered::propagateEvent);
    this.events = new EventLookup(client, clock);
    this.statuses = new StatusFactory(clock);
    this.writer = new StatusWriter(metrics, new EventRecorder(client, clock));
    Workers workers =
        new Workers(
            client,
            new WorkerJobs(settings.workers(), new ClusterId(settings.clusterId(), client)));
    this.pass = new RunPass(polling, events, workers, statuses, clock);
    this.deletion = new Deletion(workers);
  }

  @Override
  public List<EventSource<?, ProgressiveTrainingResource>> prepareEventSources(
      EventSourceContext<ProgressiveTrainingResource> context) {
    InformerEventSource<Job, ProgressiveTrainingResource> jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, ProgressiveTrainingResource.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(
                    Mappers.fromOwnerReferences(ProgressiveTrainingResource.class))
                .build(),
            context);
    InformerEventSource<Pod, ProgressiveTrainingResource> pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, ProgressiveTrainingResource.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(RunReconciler::runOf)
                .build(),
            context);
    metrics.registerRuns(context.getPrimaryCache()::list);
    return List.of(jobs, pods, answered);
  }

  @Override
  public UpdateControl<ProgressiveTrainingResource> reconcile(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    UpdateControl<ProgressiveTrainingResource> control = UpdateControl.noUpdate();
    if (run.hasEnded()) {
      polling.forget(run.getMetadata().getUid());
    } else {
      metrics
          .reconcile(
              () ->
                  pass.execute(run, jobs(run, context), after -> writer.write(context, run, after)))
          .ifPresent(control::rescheduleAfter);
    }
    return control;
  }

  @Override
  public DeleteControl cleanup(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    return metrics.reconcile(() -> finalizeRun(run, context));
  }

  private DeleteControl finalizeRun(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    RunJobs jobs = events.addTo(jobs(run, context));
    Optional<Delay> delay;
    try {
      delay = deletion.advance(run, jobs);
    } catch (LaunchFailure e) {
      // updateErrorStatus is not called for a deletion.
      write(run, context, Deletion.refused(e));
      throw e;
    }
    if (delay.isEmpty()) {
      polling.forget(run.getMetadata().getUid());
      return DeleteControl.defaultDelete();
    }
    DeleteControl control = DeleteControl.noFinalizerRemoval();
    if (write(run, context, delay.get())) {
      control.rescheduleAfter(RunPass.SOON);
    } else {
      events.nextLookup(jobs).ifPresent(control::rescheduleAfter);
    }
    return control;
  }

  private boolean write(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context, Delay delay) {
    return writer.write(
        context,
        run,
        statuses.deleting(run.getStatus(), generation(run), delay.reason(), delay.message()));
  }

  /** Writes the error to the status; the Operator SDK retries. */
  @Override
  public ErrorStatusUpdateControl<ProgressiveTrainingResource> updateErrorStatus(
      ProgressiveTrainingResource run,
      Context<ProgressiveTrainingResource> context,
      Exception error) {
    Reason reason =
        switch (error) {
          case LaunchFailure _ -> Reason.LAUNCH_FAILED;
          case KubernetesClientException _ -> Reason.TRANSIENT_FAILURE;
          default -> Reason.INTERNAL_ERROR;
        };
    String message = String.valueOf(error.getMessage());
    try {
      writer.write(
          context, run, statuses.failedPass(run.getStatus(), generation(run), reason, message));
    } catch (KubernetesClientException e) {
      // The Operator SDK logs both errors; the next retry writes the status again.
      error.addSuppressed(e);
    }
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  /** Finds the run of a pod by its label, because the pod's owner is its job. */
  private static Set<ResourceID> runOf(Pod pod) {
    String run = pod.getMetadata().getLabels().get(Labels.RUN);
    return run == null ? Set.of() : Set.of(new ResourceID(run, pod.getMetadata().getNamespace()));
  }

  private RunJobs jobs(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    return RunJobs.of(
        run.getMetadata().getUid(),
        context.getSecondaryResources(Job.class),
        context.getSecondaryResources(Pod.class),
        clock.instant());
  }

  private static long generation(ProgressiveTrainingResource run) {
    return run.getMetadata().getGeneration();
  }
}
