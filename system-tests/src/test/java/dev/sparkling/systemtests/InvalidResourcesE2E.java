package dev.sparkling.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The messages with which the API server refuses invalid resources. Each {@code invalid-*.yaml} is
 * a patch of {@code base.yaml} (null removes) and the message that kubectl prints.
 */
class InvalidResourcesE2E {

  private static final Path FOLDER = Path.of("src/test/resources/InvalidResourcesE2E");
  private static final YAMLMapper YAML = new YAMLMapper();

  private static final Cluster CLUSTER = new Cluster();

  @AfterAll
  static void close() {
    CLUSTER.close();
  }

  static List<String> cases() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("invalid-"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theApiServerRefusesWithTheMessageOfTheFile(String name) {
    JsonNode given = read(name);
    ObjectNode resource = (ObjectNode) read("base.yaml");
    MergePatch.apply(resource, (ObjectNode) given.get("patch"));
    Shell.Ended ended = create(resource);
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output()).isEqualTo(given.get("message").asText());
  }

  @Test
  void theApiServerAcceptsTheResourceThatTheCasesPatch() {
    assertThat(create((ObjectNode) read("base.yaml")).exitCode()).isZero();
  }

  private static Shell.Ended create(ObjectNode resource) {
    return CLUSTER
        .shell()
        .attempt(
            resource.toString(),
            Cluster.setting("KUBECTL"),
            "create",
            "--dry-run=server",
            "-n",
            "default",
            "-f",
            "-");
  }

  private static JsonNode read(String name) {
    try {
      return YAML.readTree(FOLDER.resolve(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
