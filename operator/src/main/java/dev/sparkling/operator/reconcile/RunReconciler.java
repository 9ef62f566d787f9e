package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.OperatorSettings;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.Observation;
import dev.sparkling.operator.observe.Observer;
import dev.sparkling.operator.observe.StageJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.status.StatusFactory;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.validation.Problems;
import dev.sparkling.pipeline.validation.SpecValidator;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Observe, decide, act, and one status patch. */
@ControllerConfiguration(name = "progressivetraining")
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 1_000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
public final class RunReconciler
    implements Reconciler<ProgressiveTrainingResource>, Cleaner<ProgressiveTrainingResource> {

  private final OperatorSettings settings;
  private final ProgressPolling polling;
  private final Warnings warnings;
  private final SimpleInboundEventSource<ProgressiveTrainingResource> answered =
      new SimpleInboundEventSource<>();
  private final RunMetrics metrics;
  private final Workers workers;
  private final Happenings happenings;
  private final StatusFactory statuses;
  private final Deletion deletion;

  RunReconciler(OperatorSettings settings, KubernetesClient client, MeterRegistry registry) {
    InstantSource clock = InstantSource.system();
    this.settings = settings;
    this.metrics = new RunMetrics(registry);
    this.polling =
        new ProgressPolling(WorkerJobs.PROGRESS_PORT, registry, answered::propagateEvent);
    this.warnings = new Warnings(client, clock);
    this.workers = new Workers(client, new WorkerJobs(settings.workers()));
    this.happenings = new Happenings(client, clock);
    this.statuses = new StatusFactory(clock);
    this.deletion = new Deletion(workers, happenings);
  }

  @Override
  public List<EventSource<?, ProgressiveTrainingResource>> prepareEventSources(
      EventSourceContext<ProgressiveTrainingResource> context) {
    InformerEventSource<Job, ProgressiveTrainingResource> jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, ProgressiveTrainingResource.class)
                .withLabelSelector(Labels.OURS)
                .withSecondaryToPrimaryMapper(
                    Mappers.fromOwnerReferences(ProgressiveTrainingResource.class))
                .build(),
            context);
    InformerEventSource<Pod, ProgressiveTrainingResource> pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, ProgressiveTrainingResource.class)
                .withLabelSelector(Labels.OURS)
                .withSecondaryToPrimaryMapper(RunReconciler::runOf)
                .build(),
            context);
    return List.of(jobs, pods, answered);
  }

  @Override
  public UpdateControl<ProgressiveTrainingResource> reconcile(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    return metrics.reconcile(() -> pass(run, context));
  }

  private UpdateControl<ProgressiveTrainingResource> pass(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    ProgressiveTrainingStatus before = run.getStatus();
    metrics.seen(run, before == null ? null : before.phase());
    if (isOver(run)) {
      return UpdateControl.noUpdate();
    }
    Problems problems = new Problems();
    SpecValidator.validate(run.asDocument(), problems);
    if (!problems.isEmpty()) {
      return write(
          run, statuses.refused(before, generation(run), String.join("; ", problems.lines())));
    }
    ResourceID id = ResourceID.fromResource(run);
    RunPlan plan = RunPlan.of(run.getSpec());
    StageJobs jobs = warnings.addTo(jobs(context));
    Observation observation =
        Observer.observe(run.getSpec(), plan, before, jobs, polling.latest(id));
    Decision decision = StageMachine.decide(observation.observed());
    act(run, decision, jobs);
    UpdateControl<ProgressiveTrainingResource> control =
        write(run, statuses.decided(plan, observation, decision, before, generation(run)));
    Optional<String> trainer = jobs.trainerAt(decision);
    trainer.ifPresent(address -> polling.ask(id, address));
    trainer
        .map(_ -> settings.progressInterval())
        .or(() -> warnings.lookAgain(jobs))
        .ifPresent(control::rescheduleAfter);
    return control;
  }

  @Override
  public DeleteControl cleanup(
      ProgressiveTrainingResource run, Context<ProgressiveTrainingResource> context) {
    DeleteControl control = deletion.goOn(run, jobs(context));
    if (control.isRemoveFinalizer()) {
      metrics.gone(run);
      polling.forget(ResourceID.fromResource(run));
    }
    return control;
  }

  /** Whatever could not be created is said, and tried again. */
  @Override
  public ErrorStatusUpdateControl<ProgressiveTrainingResource> updateErrorStatus(
      ProgressiveTrainingResource run,
      Context<ProgressiveTrainingResource> context,
      Exception error) {
    String message = String.valueOf(error.getMessage());
    ProgressiveTrainingStatus after =
        statuses.launchFailed(run.getStatus(), generation(run), message);
    return after.equals(run.getStatus())
        ? ErrorStatusUpdateControl.noStatusUpdate()
        : ErrorStatusUpdateControl.patchStatus(run.withOnly(after));
  }

  private void act(ProgressiveTrainingResource run, Decision decision, StageJobs jobs) {
    switch (decision) {
      case Decision.LaunchTrainer(StagePlan stage) -> workers.launch(run, stage.name(), Work.TRAIN);
      case Decision.LaunchExpander(StagePlan stage) ->
          workers.launch(run, stage.name(), Work.EXPAND);
      case Decision.Suspend(StagePlan stage, boolean workerActive) -> {
        if (workerActive) {
          jobs.of(stage.name()).filter(WorkerJob::isActive).forEach(workers::stop);
        }
      }
      case Decision.Await _, Decision.Complete _, Decision.Fail _ -> {
        // Nothing to do but to say so.
      }
    }
  }

  /** Events after the status, so that what they tell of can be looked at. */
  private UpdateControl<ProgressiveTrainingResource> write(
      ProgressiveTrainingResource run, ProgressiveTrainingStatus after) {
    if (after.equals(run.getStatus())) {
      return UpdateControl.noUpdate();
    }
    happenings.record(run, after);
    metrics.written(run.getStatus(), after);
    metrics.seen(run, after.phase());
    return UpdateControl.patchStatus(run.withOnly(after));
  }

  /** A pod belongs to its job, so that its run is told by a label. */
  private static Set<ResourceID> runOf(Pod pod) {
    String run = pod.getMetadata().getLabels().get(Labels.RUN);
    return run == null ? Set.of() : Set.of(new ResourceID(run, pod.getMetadata().getNamespace()));
  }

  private static StageJobs jobs(Context<ProgressiveTrainingResource> context) {
    return new StageJobs(
        context.getSecondaryResources(Job.class), context.getSecondaryResources(Pod.class));
  }

  /**
   * Terminal phases are sticky, whatever becomes of the jobs. A run that was refused before any of
   * it began is looked at again when it was edited.
   */
  private static boolean isOver(ProgressiveTrainingResource run) {
    ProgressiveTrainingStatus status = run.getStatus();
    if (status == null || status.phase() == null) {
      return false;
    }
    return switch (status.phase()) {
      case SUCCEEDED -> true;
      case FAILED ->
          !status.stages().isEmpty()
              || Objects.equals(status.observedGeneration(), generation(run));
      case PENDING, QUEUED, TRAINING, EXPANDING, SUSPENDED -> false;
    };
  }

  private static long generation(ProgressiveTrainingResource run) {
    return run.getMetadata().getGeneration();
  }
}
