package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.CheckpointWriter.PlannedFile;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.stream.Layout;
import dev.sparkling.expander.stream.SourceDigests;
import dev.sparkling.expander.stream.WidenedTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes the new tensor files, one after the other, but those that an earlier attempt has written.
 */
final class WidenedFiles {

  private final ObjectStore from;
  private final CheckpointReader reader;
  private final ExpansionPlan plan;
  private final long seed;
  private final ExpansionOptions options;
  private final CheckpointWriter writer;
  private final ObjectStore to;
  private final String toFolder;
  private final long allBytes;
  private UnfinishedExpansion done;
  private long bytes;

  WidenedFiles(
      ObjectStore from,
      CheckpointReader reader,
      ExpansionPlan plan,
      long seed,
      ExpansionOptions options,
      CheckpointWriter writer,
      ObjectStore to,
      String toFolder,
      UnfinishedExpansion done,
      long allBytes) {
    this.from = from;
    this.reader = reader;
    this.plan = plan;
    this.seed = seed;
    this.options = options;
    this.writer = writer;
    this.to = to;
    this.toFolder = toFolder;
    this.done = done;
    this.allBytes = allBytes;
  }

  /** In the order of the files. */
  List<TensorReport> reports() {
    return done.tensors();
  }

  void write(FileKind kind) {
    List<TensorFile> files = reader.files(kind);
    List<PlannedFile> planned =
        writer.plan(kind, reader.tensors(kind).stream().map(this::widened).toList());
    try (SourceDigests digests = new SourceDigests(from, reader, files)) {
      for (PlannedFile file : planned) {
        FileDigest before = done.files().get(file.name());
        if (before == null || !writer.keep(file, before)) {
          write(file, files, digests);
        }
        bytes += file.tensors().stream().mapToLong(TensorSpec::bytes).sum();
      }
      digests.finish();
    }
    writer.writeIndex(kind, planned);
  }

  private void write(PlannedFile file, List<TensorFile> files, SourceDigests digests) {
    Set<String> names =
        file.tensors().stream().map(TensorSpec::name).collect(Collectors.toUnmodifiableSet());
    List<TensorFile> sources = files.stream().map(source -> source.only(names)).toList();
    List<TensorReport> reports = new ArrayList<>();
    FileDigest written;
    try (WidenedTensors widened =
        new WidenedTensors(
            from,
            sources,
            Layout.of(sources, plan.tensors()),
            digests,
            seed,
            options.memoryBytes(),
            options.stopRequested(),
            some -> options.progress().widened(bytes + some, allBytes))) {
      written = writer.writeTensorFile(file, widened);
      widened.sums().forEach((name, sums) -> reports.add(TensorReport.of(planOf(name), sums)));
    }
    done = done.with(file.name(), written, reports);
    done.write(to, toFolder);
  }

  private TensorSpec widened(TensorSpec tensor) {
    return new TensorSpec(tensor.name(), tensor.dtype(), planOf(tensor.name()).newShape());
  }

  private TensorPlan planOf(String tensor) {
    return Objects.requireNonNull(plan.tensors().get(tensor));
  }
}
