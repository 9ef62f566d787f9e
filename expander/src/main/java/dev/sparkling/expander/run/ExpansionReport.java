package dev.sparkling.expander.run;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The report of an expansion, {@code expansion-report.json}. It contains no timestamps or
 * locations, so that the same expansion writes the same bytes.
 *
 * @param step step after which the model was widened
 * @param warnings warnings, one sentence each; since version 3
 * @param tensors reports of weights and optimizer state, in the order of the files
 */
public record ExpansionReport(
    int version,
    long step,
    @JsonUnwrapped ModelChange model,
    Initialization initialization,
    OptimizerStateStrategy optimizerState,
    List<String> warnings,
    List<TensorReport> tensors) {

  public static final String NAME = "expansion-report.json";
  static final int VERSION = 3;
  private static final int VERSION_WITHOUT_WARNINGS = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  public ExpansionReport {
    warnings = List.copyOf(warnings);
    tensors = List.copyOf(tensors);
  }

  /**
   * Reads the report of an expansion.
   *
   * @param folder folder of its checkpoint
   * @throws CorruptCheckpoint if it cannot be read, or has an unknown version
   */
  public static ExpansionReport read(ObjectStore store, String folder) {
    CheckpointLocation location = new CheckpointLocation(store, folder);
    String file = store.location(location.key(NAME));
    byte[] bytes = store.readAll(store.get(location.key(NAME)));
    return FormatJson.decode(file, bytes, ExpansionReport.class, tree -> upgrade(file, tree));
  }

  private static void upgrade(String file, ObjectNode tree) {
    int version = tree.path("version").asInt();
    if (version == VERSION_WITHOUT_WARNINGS) {
      tree.put("version", VERSION).putArray("warnings");
    } else if (version != VERSION) {
      throw new CorruptCheckpoint(
          "%s: report version %s is not supported; this version of Sparkling reads %d and %d"
              .formatted(file, tree.path("version"), VERSION_WITHOUT_WARNINGS, VERSION));
    }
    checkKeys(file, tree);
  }

  /** Rejects unknown keys, which Jackson ignores if there are unwrapped properties. */
  private static void checkKeys(String file, ObjectNode tree) {
    Set<String> allowed =
        Stream.of(ExpansionReport.class, ModelChange.class)
            .flatMap(type -> Stream.of(type.getRecordComponents()))
            .filter(component -> component.getType() != ModelChange.class)
            .map(RecordComponent::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    tree.fieldNames()
        .forEachRemaining(
            key -> {
              if (!allowed.contains(key)) {
                throw new CorruptCheckpoint(
                    "%s: %s: unknown key; allowed: %s"
                        .formatted(file, key, String.join(", ", allowed)));
              }
            });
  }

  /** Encodes the report with one line per tensor, because there are thousands. */
  byte[] encode() {
    try {
      ExpansionReport withoutTensors =
          new ExpansionReport(
              version, step, model, initialization, optimizerState, warnings, List.of());
      String all = JSON.writeValueAsString(withoutTensors);
      StringBuilder text = new StringBuilder(all.substring(0, all.lastIndexOf("[]")));
      text.append("[\n");
      for (int i = 0; i < tensors.size(); i++) {
        text.append(JSON.writeValueAsString(tensors.get(i)));
        text.append(i + 1 < tensors.size() ? ",\n" : "\n");
      }
      return text.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
