package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first run of the documentation, on a cluster. */
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
      run.awaitGone();
      cluster.sparkling("delete", "s3://sparkling/quickstart", "--yes");

      // When
      cluster.kubectl("-n", namespace, "apply", "-f", FILE);
      List<String> seen = new ArrayList<>();
      List<Integer> steps = new ArrayList<>();
      List<Double> losses = new ArrayList<>();
      List<Duration> left = new ArrayList<>();
      run.awaitThat(
          "end",
          now -> {
            String phase = now.phase();
            String at = (phase + " " + now.text("status", "currentStage")).strip();
            if (seen.isEmpty() || !seen.getLast().equals(at)) {
              seen.add(at);
            }
            Map<String, Object> summary = now.summary();
            column(summary, "step").ifPresent(text -> steps.add(before(text, '/')));
            column(summary, "loss").ifPresent(text -> losses.add(Double.valueOf(text)));
            column(summary, "eta").ifPresent(text -> left.add(Duration.parse("PT" + text)));
            return List.of("Succeeded", "Failed").contains(phase);
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
      assertThat(run.condition("Complete", "status")).isEqualTo("True");
      assertThat(steps).isSorted().endsWith(400);
      assertThat(steps.stream().distinct()).hasSizeGreaterThan(3);
      assertThat(losses.getLast()).isLessThan(losses.getFirst());
      assertThat(left.getLast()).isLessThan(left.getFirst());
      // Twice the width, copied, preserves the function.
      Map<?, ?> expansion =
          (Map<?, ?>) Objects.requireNonNull(run.stage(1).get("expansion"), "expansion");
      assertThat(number(expansion, "rmsAfter") / number(expansion, "rmsBefore"))
          .isBetween(0.999, 1.001);
      assertThat(number(expansion, "lossAfter") / number(expansion, "lossBefore"))
          .isBetween(0.999, 1.001);
      // Only pods can resolve the endpoint; the environment has the one for the host.
      Path here = folder.resolve("quickstart.yaml");
      Files.writeString(
          here, Cluster.read(cluster.root().resolve(FILE)).replaceAll(" *endpoint:.*\n", ""));
      cluster.sparkling("run", here, "--store", folder, "--no-control");
      assertThat(String.valueOf(run.stage(1).get("loss")))
          .isEqualTo(Double.toString(lastLoss(folder.resolve("wide/metrics.jsonl"))));
    }
  }

  private static Optional<String> column(Map<String, Object> summary, String name) {
    return Optional.ofNullable(summary.get(name)).map(Object::toString);
  }

  private static double number(Map<?, ?> map, String key) {
    return Double.parseDouble(String.valueOf(map.get(key)));
  }

  private static int before(String text, char end) {
    return Integer.parseInt(text.substring(0, text.indexOf(end)));
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
