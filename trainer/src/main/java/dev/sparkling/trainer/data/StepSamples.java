package dev.sparkling.trainer.data;

/**
 * The samples of a run's optimizer steps.
 *
 * @param globalBatchSize number of samples of a step
 * @param microBatchSize number of samples of a micro-batch; divides the global batch
 */
public record StepSamples(
    Batches batches, SampleOrder order, int globalBatchSize, int microBatchSize) {

  /** Returns the micro-batches of a step; steps are counted from 1 over the whole run. */
  public Iterable<Batch> ofStep(long step) {
    long first = (step - 1) * globalBatchSize;
    return batches.ordered(order, first, globalBatchSize, microBatchSize);
  }
}
