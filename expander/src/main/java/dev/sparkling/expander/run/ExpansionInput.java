package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.stream.PortionLayout;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * All inputs that determine the widened tensors.
 *
 * @param store store of the source
 * @param spec settings of the expansion
 * @param seed seed of random values
 */
record ExpansionInput(
    ObjectStore store, CheckpointReader reader, ExpansionSpec spec, ExpansionPlan plan, long seed) {

  /**
   * Returns the kinds of files that the source has: weights and, with a trainer state, the
   * optimizer state.
   */
  List<FileKind> kinds() {
    return reader.state().isPresent() ? List.of(FileKind.values()) : List.of(FileKind.MODEL);
  }

  PortionLayout layout(FileKind kind) {
    return PortionLayout.of(reader.files(kind), plan.tensors());
  }

  /** Returns the size of all tensors after the expansion, in bytes. */
  long newBytes() {
    return kinds().stream().map(this::layout).mapToLong(PortionLayout::bytes).sum();
  }

  TensorPlan plan(String tensor) {
    return Objects.requireNonNull(plan.tensors().get(tensor));
  }

  /**
   * Returns a digest of the input, all settings and the report's version, so that expansions with
   * the same identity write the same bytes. It includes the plan, so that an expansion that another
   * version started with different rules is not resumed.
   */
  String identity() {
    StringBuilder text = new StringBuilder(reader.identity());
    text.append("\nseed ").append(seed).append("\nreport ").append(ExpansionReport.VERSION);
    text.append("\nsettings ").append(spec);
    plan.tensors().values().forEach(tensor -> text.append('\n').append(tensor));
    return Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
