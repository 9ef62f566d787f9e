package dev.sparkling.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.cli.Cli;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GetCommandTest {

  @TempDir private Path folder;

  private final FakeApiServer server = new FakeApiServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void columnsAndCellsAreTheServersOwn() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    server.run("research", "a-longer-name", ClusterStatuses.PENDING);
    List<String> lines = get().out().lines().toList();
    assertThat(lines.get(0).split(" +"))
        .containsExactly(
            "NAME",
            "PHASE",
            "STAGE",
            "STEP",
            "PROGRESS",
            "LOSS",
            "TOKENS/S",
            "SAVED",
            "ETA",
            "AGE");
    assertThat(lines.get(0)).startsWith("NAME            PHASE      STAGE    STEP      PROGRESS");
    assertThat(lines.get(1))
        .startsWith(
            "demo            Training   narrow   100/400   25%        5.157   5.4k       29%     2m0s");
    assertThat(lines.get(2))
        .startsWith(
            "a-longer-name   Pending    narrow   0/400     0%                            29%     ");
    assertThat(lines).hasSize(3);
  }

  @Test
  void wideShowsTheColumnsThatOthersHide() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    assertThat(get().out()).doesNotContain("NOTES", "for the wide only");
    assertThat(get("-o", "wide").out()).contains("NOTES", "for the wide only");
  }

  @Test
  void namespaceIsTheContextsUnlessOneIsNamed() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    server.run("default", "other", ClusterStatuses.TRAINING);
    server.run("third", "more", ClusterStatuses.TRAINING);
    assertThat(get().out()).contains("demo").doesNotContain("other", "more");
    assertThat(get("--context", "plain").out()).contains("other").doesNotContain("demo");
    assertThat(get("-n", "third").out()).contains("more").doesNotContain("demo");
    assertThat(get("--all-namespaces").out())
        .startsWith("NAMESPACE   NAME    PHASE")
        .contains("research    demo", "default     other", "third       more");
  }

  @Test
  void credentialsOfTheContextAreSent() {
    get();
    assertThat(server.requests()).singleElement().asString().endsWith(" Bearer secret-token");
  }

  @Test
  void noRunsIsNotAnError() {
    Cli.Result result = get();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("no runs in namespace research\n");
    assertThat(get("-A").err()).isEqualTo("no runs in any namespace\n");
  }

  @Test
  void aSingleRunShowsItsStagesExpansionConditionAndEvents() {
    server.run("research", "demo", ClusterStatuses.SUCCEEDED);
    server.event(
        "demo", "2026-01-02T00:00:00Z", "5s", "Normal", "Succeeded", "pt/demo", "all done");
    server.event("demo", "2026-01-01T00:00:00Z", "9s", "Normal", "Expanding", "pt/demo", "begun");
    server.event("other", "2026-01-01T00:00:00Z", "1s", "Normal", "Other", "pt/other", "not its");
    Cli.Result result = get("demo");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out().lines().skip(2))
        .containsExactly(
            "",
            "STAGE    STATE       STEP   TOKENS     LOSS   VALIDATION   ATTEMPTS   CHECKPOINT",
            "narrow   Succeeded    200     102k   4.3012       4.2000          0"
                + "   s3://sparkling/demo/narrow/checkpoints/step-00000200",
            "wide     Succeeded    400     205k   3.9110                       1",
            "",
            "EXPANSION   LOSS BEFORE   LOSS AFTER   RMS BEFORE   RMS AFTER   SECONDS    BYTES",
            "wide             4.2000       4.2001       1.2500      1.5000       1.5   1.05MB",
            "",
            "Ready: Succeeded, since 2026-01-01T00:00:00Z",
            "  all stages are complete",
            "",
            "LAST SEEN   TYPE     REASON      MESSAGE",
            "       9s   Normal   Expanding   begun",
            "       5s   Normal   Succeeded   all done");
  }

  @Test
  void aSingleRunShowsWhatItWaitsForAndWhyItFailed() {
    server.run("research", "demo", ClusterStatuses.PENDING);
    assertThat(get("demo").out())
        .contains(
            """

            not Progressing: ImagePullBackOff, since 2026-01-01T00:00:00Z
              no such image: nowhere/trainer
            """);
    server.run("research", "demo", ClusterStatuses.FAILED);
    assertThat(get("demo").out())
        .endsWith(
            """

            Failed: CorruptCheckpoint, since 2026-01-01T00:00:00Z
              stage narrow: a digest is wrong
              and another
            """);
  }

  @Test
  void aRunThatTheOperatorHasNotSeenSaysSo() {
    server.run("research", "demo", "{}");
    Cli.Result result = get("demo");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("the operator has not seen this run yet");
  }

  @Test
  void aUserWithoutAccessToEventsStillSeesTheRun() {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    server.refuse("/events", 403, "{\"message\": \"events is forbidden\"}");
    Cli.Result result = get("demo");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("demo   Training")
        .contains("no events: cluster ", "forbidden");
  }

  @Test
  void jsonAndYamlAreTheResourcesWithoutManagedFields() throws IOException {
    server.run("research", "demo", ClusterStatuses.TRAINING);
    JsonNode list = new ObjectMapper().readTree(get("-o", "json").out());
    assertThat(list.path("kind").asText()).isEqualTo("List");
    assertThat(list.at("/items/0/status/phase").asText()).isEqualTo("Training");
    assertThat(list.at("/items/0/metadata/managedFields").isMissingNode()).isTrue();

    JsonNode json = new ObjectMapper().readTree(get("demo", "-o", "json").out());
    String yaml = get("demo", "-o", "yaml").out();
    assertThat(json).isEqualTo(list.at("/items/0"));
    assertThat(new YAMLMapper().readTree(yaml)).isEqualTo(json);
    assertThat(yaml).startsWith("apiVersion: sparkling.dev/v1alpha1\nkind: ProgressiveTraining\n");
    assertThat(get("-o", "name").out()).isEqualTo("progressivetraining.sparkling.dev/demo\n");
  }

  @Test
  void controlCharactersInACellDoNotReachTheTerminal() {
    server.run("research", "demo", "{phase: \"Tra\\e[31mining\\nsecond line\"}");
    assertThat(get().out()).contains("Tra?[31mining...").doesNotContain("\u001b", "second line");
  }

  private Cli.Result get(Object... arguments) {
    List<Object> words = new ArrayList<>(List.of("get", "--kubeconfig", server.kubeconfig(folder)));
    words.addAll(Arrays.asList(arguments));
    return Cli.run(words.toArray());
  }
}
