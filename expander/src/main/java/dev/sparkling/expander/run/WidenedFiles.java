package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.CheckpointWriter.PlannedFile;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.stream.Futures;
import dev.sparkling.expander.stream.PortionLayout;
import dev.sparkling.expander.stream.SourceDigests;
import dev.sparkling.expander.stream.StreamSettings;
import dev.sparkling.expander.stream.WidenedTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the widened tensor files, except those that an earlier attempt completed. Weights and
 * optimizer state are written in parallel if there is enough memory for both, because the digest of
 * a file can only be computed by one core.
 */
final class WidenedFiles {

  private final ExpansionInput input;
  private final ExpansionOptions options;
  private final CheckpointLocation to;
  private final CheckpointWriter writer;
  private final long allBytes;
  private volatile boolean failed;
  private UnfinishedExpansion done;
  private long bytes;

  WidenedFiles(
      ExpansionInput input,
      ExpansionOptions options,
      CheckpointLocation to,
      CheckpointWriter writer,
      UnfinishedExpansion done) {
    this.input = input;
    this.options = options;
    this.to = to;
    this.writer = writer;
    this.done = done;
    this.allBytes = input.newBytes();
  }

  /** Returns the reports of all tensors, in the order of the source files. */
  synchronized List<TensorReport> reports() {
    Map<String, TensorReport> byName = new HashMap<>();
    done.tensors().forEach(report -> byName.put(report.name(), report));
    return input.kinds().stream()
        .flatMap(kind -> input.reader().tensors(kind).stream())
        .map(tensor -> Objects.requireNonNull(byName.get(tensor.name())))
        .toList();
  }

  /** Writes all files. */
  void write() {
    List<FileKind> kinds = input.kinds();
    long share = options.memoryBytes() / kinds.size();
    if (kinds.stream().anyMatch(kind -> WidenedTensors.minimumMemory(input.layout(kind)) > share)) {
      kinds.forEach(kind -> write(kind, options.memoryBytes()));
      return;
    }
    List<Future<?>> written = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
      for (FileKind kind : kinds) {
        written.add(threads.submit(() -> writeOrStopOthers(kind, share)));
      }
    }
    Futures.awaitAll(written);
  }

  private void writeOrStopOthers(FileKind kind, long memoryBytes) {
    try {
      write(kind, memoryBytes);
    } catch (RuntimeException | Error e) {
      failed = true;
      throw e;
    }
  }

  private void write(FileKind kind, long memoryBytes) {
    List<TensorFile> files = input.reader().files(kind);
    List<PlannedFile> planned =
        writer.plan(kind, input.reader().tensors(kind).stream().map(this::widened).toList());
    try (SourceDigests digests = new SourceDigests(input.store(), input.reader(), files)) {
      for (PlannedFile file : planned) {
        FileDigest completed = completed(file);
        if (completed != null && writer.keep(file, completed)) {
          advance(file.tensors().stream().mapToLong(TensorSpec::bytes).sum());
        } else {
          write(file, files, digests, memoryBytes);
        }
      }
      digests.finish();
    }
    writer.writeIndex(kind, planned);
  }

  private void write(
      PlannedFile file, List<TensorFile> files, SourceDigests digests, long memoryBytes) {
    Set<String> names =
        file.tensors().stream().map(TensorSpec::name).collect(Collectors.toUnmodifiableSet());
    List<TensorFile> sources = files.stream().map(source -> source.only(names)).toList();
    StreamSettings settings =
        new StreamSettings(
            input.seed(),
            memoryBytes,
            to.toString(),
            () -> failed || options.stopRequested().getAsBoolean(),
            this::advance);
    try (WidenedTensors widened =
        new WidenedTensors(
            input.store(), PortionLayout.of(sources, input.plan().tensors()), digests, settings)) {
      FileDigest written = writer.writeTensorFile(file, widened);
      List<TensorReport> reports = new ArrayList<>();
      widened.sums().forEach((name, sums) -> reports.add(TensorReport.of(input.plan(name), sums)));
      record(file, written, reports);
    }
  }

  private synchronized @Nullable FileDigest completed(PlannedFile file) {
    return done.files().get(file.name());
  }

  private synchronized void record(
      PlannedFile file, FileDigest written, List<TensorReport> reports) {
    done = done.with(file.name(), written, reports);
    done.write(to);
  }

  private synchronized void advance(long more) {
    bytes += more;
    options.progress().widened(bytes, allBytes);
  }

  private TensorSpec widened(TensorSpec tensor) {
    return new TensorSpec(tensor.name(), tensor.dtype(), input.plan(tensor.name()).newShape());
  }
}
