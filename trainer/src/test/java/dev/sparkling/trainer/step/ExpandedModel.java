package dev.sparkling.trainer.step;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;

/** A checkpoint with random weights, and its expansion by the product's expander. */
record ExpandedModel(CheckpointReader narrow, CheckpointReader wide) {

  static ExpandedModel of(
      ModelConfiguration model, int hiddenSize, int innerSize, Initialization initialization) {
    ObjectStore store = new InMemoryObjectStore();
    TestTensors.write(store, "narrow", model, TestTensors.state(model, 10), 3);
    ExpansionRun.run(
        new CheckpointLocation(store, "narrow"),
        new CheckpointLocation(store, "wide"),
        new ExpansionSpec(
            hiddenSize,
            innerSize,
            initialization,
            OptimizerStateStrategy.ASYMMETRIC,
            NormInitialization.COPY,
            BaselineSpec.DEFAULT,
            new RewarmupSpec(1.3, 10),
            0.05));
    return new ExpandedModel(
        CheckpointReader.open(store, "narrow"), CheckpointReader.open(store, "wide"));
  }
}
