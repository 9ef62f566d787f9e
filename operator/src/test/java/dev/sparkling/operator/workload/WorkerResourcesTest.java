package dev.sparkling.operator.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What trainers request if the user leaves it open. */
class WorkerResourcesTest {

  @Test
  void trainerOnACpuRequestsThePlannedMemoryOfItsStageAndTheProcess() {
    ProgressiveTrainingSpec spec = spec("{limits: {cpu: 2}}");
    for (String stage : new String[] {"narrow", "wide"}) {
      ResourceRequirements resources = WorkerResources.ofTrainer(spec, stage, false, true);
      BigDecimal requested = Quantity.getAmountInBytes(resources.getRequests().get("memory"));
      long planned = RunPlan.of(spec).stage(stage).memory().total();
      assertThat(requested.longValueExact())
          .isBetween(planned + (512L << 20), planned + (513L << 20));
      assertThat(resources.getLimits()).containsOnlyKeys("cpu");
    }
  }

  @Test
  void memoryIsLeftToTheUserToKueueAndToTheNodesOfGpus() {
    for (String written :
        new String[] {
          "{limits: {cpu: 2, memory: 2Gi}}",
          "{requests: {memory: 2Gi}}",
          "{limits: {nvidia.com/gpu: 1}}"
        }) {
      Map<String, Quantity> requests =
          WorkerResources.ofTrainer(spec(written), "narrow", false, false).getRequests();
      assertThat(requests.getOrDefault("memory", new Quantity("2Gi")))
          .as(written)
          .isEqualTo(new Quantity("2Gi"));
    }
    assertThat(WorkerResources.ofTrainer(spec("{}"), "narrow", true, false).getRequests())
        .isEmpty();
    assertThat(WorkerResources.ofTrainer(spec("{}"), "narrow", false, true).getRequests())
        .as("a GPU by default")
        .isEmpty();
  }

  private static ProgressiveTrainingSpec spec(String resources) {
    return new KubernetesSerialization()
        .convertValue(
            TestObjects.written(
                yaml ->
                    yaml.replace(
                        "storage:", "trainer: {resources: " + resources + "}\n  storage:")),
            ProgressiveTrainingResource.class)
        .getSpec();
  }
}
