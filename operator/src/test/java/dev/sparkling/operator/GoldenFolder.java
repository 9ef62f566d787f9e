package dev.sparkling.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A case of a test class: {@code in-*.yaml} holds its input, {@code out-*.yaml} the expected
 * output. A new case is a new folder; {@code -Dgolden.write=true} writes the actual output.
 */
public record GoldenFolder(Path path) {

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  private static final YAMLMapper PLAIN =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** All cases of a test class. */
  public static List<GoldenFolder> of(Class<?> test) {
    try (Stream<Path> cases = Files.list(Path.of("src/test/resources", test.getSimpleName()))) {
      return cases.sorted().map(GoldenFolder::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean has(String name) {
    return Files.exists(path.resolve(name));
  }

  public <T> T read(String name, Class<T> type) {
    return KUBERNETES.unmarshal(text(name), type);
  }

  public String text(String name) {
    try {
      return Files.readString(path.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compares with the file of that name. */
  public void expect(String name, Object actual) {
    try {
      String yaml = PLAIN.writeValueAsString(PLAIN.readTree(KUBERNETES.asJson(actual)));
      Path file = path.resolve(name);
      if (Boolean.getBoolean("golden.write")) {
        Files.writeString(file, yaml);
      }
      assertThat(file).hasContent(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return path.getFileName().toString();
  }
}
