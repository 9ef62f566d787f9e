package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation's first run promises, on a cluster. */
class QuickstartE2E {

  private static final String FILE = "examples/kubernetes/quickstart.yaml";

  @TempDir private Path folder;

  @Test
  void aResourceBecomesATrainedWideModelBitwiseThatOfALocalRun() throws IOException {
    // Given
    try (Cluster cluster = new Cluster()) {
      String namespace = cluster.namespace("quickstart");
      Run run = new Run(cluster, namespace, "quickstart");
      run.delete();
      run.awaitThat("gone", now -> now.find().isEmpty());
      cluster.sparkling("delete", "s3://sparkling/quickstart", "--yes");

      // When
      cluster.kubectl("-n", namespace, "apply", "-f", FILE);
      List<String> seen = new ArrayList<>();
      List<Integer> steps = new ArrayList<>();
      run.awaitThat(
          "end",
          now -> {
            String phase = (now.phase() + " " + now.text("status", "currentStage")).strip();
            if (seen.isEmpty() || !seen.getLast().equals(phase)) {
              seen.add(phase);
            }
            String step = now.text("status", "summary", "step");
            if (!step.isEmpty()) {
              steps.add(Integer.valueOf(step.substring(0, step.indexOf('/'))));
            }
            return List.of("Succeeded", "Failed").contains(now.phase());
          });

      // Then
      System.out.println(cluster.kubectl("-n", namespace, "get", "pt"));
      System.out.println(cluster.kubectl("-n", namespace, "get", "events"));
      assertThat(seen)
          .as(run.condition("Failed", "message"))
          .containsSubsequence(
              "Pending narrow",
              "Training narrow",
              "Expanding wide",
              "Training wide",
              "Succeeded wide");
      assertThat(steps).isSorted().endsWith(400);
      assertThat(steps.stream().distinct()).hasSizeGreaterThan(3);
      String local = cluster.sparkling("run", FILE, "--store", folder, "--no-control");
      assertThat(local).contains("wide");
      assertThat(String.valueOf(run.stage(1).get("loss")))
          .isEqualTo(Double.toString(lastLoss(folder.resolve("wide/metrics.jsonl"))));
    }
  }

  private static double lastLoss(Path metrics) throws IOException {
    double loss = Double.NaN;
    for (String line : Cluster.read(metrics).lines().toList()) {
      JsonNode step = new ObjectMapper().readTree(line);
      if (step.has("loss")) {
        loss = step.get("loss").asDouble();
      }
    }
    return loss;
  }
}
