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
import dev.sparkling.expander.stream.Futures;
import dev.sparkling.expander.stream.Layout;
import dev.sparkling.expander.stream.SourceDigests;
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
 * Writes the new tensor files, but those that an earlier attempt has written. Weights and
 * optimizer's state are written side by side where the memory allows both: each file's digest is
 * made by one core.
 */
final class WidenedFiles {

  private final ObjectStore from;
  private final CheckpointReader reader;
  private final ExpansionPlan plan;
  private final long seed;
  private final ExpansionOptions options;
  private final CheckpointWriter writer;
  private final Destination to;
  private final long allBytes;
  private volatile boolean failed;
  private UnfinishedExpansion done;
  private long bytes;

  /** Where they are written. */
  record Destination(ObjectStore store, String folder) {}

  WidenedFiles(
      ObjectStore from,
      CheckpointReader reader,
      ExpansionPlan plan,
      long seed,
      ExpansionOptions options,
      CheckpointWriter writer,
      Destination to,
      UnfinishedExpansion done,
      long allBytes) {
    this.from = from;
    this.reader = reader;
    this.plan = plan;
    this.seed = seed;
    this.options = options;
    this.writer = writer;
    this.to = to;
    this.done = done;
    this.allBytes = allBytes;
  }

  /** In the order of the source's files, whichever was written first. */
  List<TensorReport> reports(List<FileKind> kinds) {
    Map<String, TensorReport> byName = new HashMap<>();
    done.tensors().forEach(report -> byName.put(report.name(), report));
    return kinds.stream()
        .flatMap(kind -> reader.tensors(kind).stream())
        .map(tensor -> Objects.requireNonNull(byName.get(tensor.name())))
        .toList();
  }

  /** Writes all files of these kinds. */
  void write(List<FileKind> kinds) {
    long share = options.memoryBytes() / kinds.size();
    List<Layout> layouts =
        kinds.stream().map(kind -> Layout.of(reader.files(kind), plan.tensors())).toList();
    if (layouts.stream().anyMatch(layout -> WidenedTensors.leastMemory(layout) > share)) {
      kinds.forEach(kind -> write(kind, options.memoryBytes()));
      return;
    }
    List<Future<?>> written = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
      for (FileKind kind : kinds) {
        written.add(threads.submit(() -> writeOrFail(kind, share)));
      }
    }
    Futures.awaitAll(written);
  }

  /** What fails stops the others. */
  private void writeOrFail(FileKind kind, long memoryBytes) {
    try {
      write(kind, memoryBytes);
    } catch (RuntimeException | Error e) {
      failed = true;
      throw e;
    }
  }

  private void write(FileKind kind, long memoryBytes) {
    List<TensorFile> files = reader.files(kind);
    List<PlannedFile> planned =
        writer.plan(kind, reader.tensors(kind).stream().map(this::widened).toList());
    try (SourceDigests digests = new SourceDigests(from, reader, files)) {
      for (PlannedFile file : planned) {
        FileDigest before = known(file);
        if (before != null && writer.keep(file, before)) {
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
    try (WidenedTensors widened =
        new WidenedTensors(
            from,
            sources,
            Layout.of(sources, plan.tensors()),
            digests,
            seed,
            memoryBytes,
            () -> failed || options.stopRequested().getAsBoolean(),
            this::advance)) {
      FileDigest written = writer.writeTensorFile(file, widened);
      List<TensorReport> reports = new ArrayList<>();
      widened.sums().forEach((name, sums) -> reports.add(TensorReport.of(planOf(name), sums)));
      remember(file, written, reports);
    }
  }

  private synchronized @Nullable FileDigest known(PlannedFile file) {
    return done.files().get(file.name());
  }

  private synchronized void remember(
      PlannedFile file, FileDigest written, List<TensorReport> reports) {
    done = done.with(file.name(), written, reports);
    done.write(to.store(), to.folder());
  }

  private synchronized void advance(long more) {
    bytes += more;
    options.progress().widened(bytes, allBytes);
  }

  private TensorSpec widened(TensorSpec tensor) {
    return new TensorSpec(tensor.name(), tensor.dtype(), planOf(tensor.name()).newShape());
  }

  private TensorPlan planOf(String tensor) {
    return Objects.requireNonNull(plan.tensors().get(tensor));
  }
}
