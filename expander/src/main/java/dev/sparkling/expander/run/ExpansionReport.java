package dev.sparkling.expander.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code expansion-report.json}: what an expansion did. No time and no place in it, so that the
 * same expansion gives the same bytes.
 *
 * @param step after which the model was widened
 * @param parameters of the model before
 * @param newParameters of the model after
 * @param logitScale of the model after; not 1 where a tied embedding was widened
 * @param tensors weights and moments, in the files' order
 */
public record ExpansionReport(
    int version,
    long step,
    Widths widths,
    Widths newWidths,
    Initialization initialization,
    OptimizerStateStrategy optimizerState,
    long parameters,
    long newParameters,
    double logitScale,
    List<TensorReport> tensors) {

  public static final String NAME = "expansion-report.json";
  static final int VERSION = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  public ExpansionReport {
    tensors = List.copyOf(tensors);
  }

  /**
   * Reads the report of an expansion.
   *
   * @param folder of its checkpoint
   */
  public static ExpansionReport read(ObjectStore store, String folder) {
    String key = folder + "/" + NAME;
    ExpansionReport report =
        FormatJson.decode(
            store.location(key), store.readAll(store.get(key)), ExpansionReport.class);
    if (report.version() != VERSION) {
      throw new CorruptCheckpoint(
          "%s: version %d; this version reads version %d"
              .formatted(store.location(key), report.version(), VERSION));
    }
    return report;
  }

  /** One line a tensor, because there are thousands. */
  byte[] encode() {
    try {
      StringBuilder text = new StringBuilder();
      String all =
          JSON.writeValueAsString(
              new ExpansionReport(
                  version,
                  step,
                  widths,
                  newWidths,
                  initialization,
                  optimizerState,
                  parameters,
                  newParameters,
                  logitScale,
                  List.of()));
      text.append(all, 0, all.lastIndexOf("[]")).append("[\n");
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
