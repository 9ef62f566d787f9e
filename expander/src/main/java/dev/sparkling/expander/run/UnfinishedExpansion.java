package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The progress of an unfinished expansion, {@code expansion-unfinished.json}. It is written before
 * the first file and after each file, and removed at the end, so that a killed expansion can be
 * resumed.
 *
 * @param identity identity of the input ({@link ExpansionInput#identity}), or the reason why the
 *     expansion was rejected
 * @param files complete files by name
 * @param tensors reports of the tensors in these files
 */
public record UnfinishedExpansion(
    String identity, Map<String, FileDigest> files, List<TensorReport> tensors) {

  public static final String NAME = "expansion-unfinished.json";

  public UnfinishedExpansion {
    files = Collections.unmodifiableMap(new TreeMap<>(files));
    tensors = List.copyOf(tensors);
  }

  /** Creates the record of an expansion that has written no file yet. */
  static UnfinishedExpansion empty(String identity) {
    return new UnfinishedExpansion(identity, Map.of(), List.of());
  }

  /** Finds the record in a folder; empty if it cannot be read. */
  static Optional<UnfinishedExpansion> find(CheckpointLocation folder) {
    String key = folder.key(NAME);
    return folder
        .store()
        .readCurrent(key, (_, bytes) -> decode(folder.store().location(key), bytes))
        .flatMap(Function.identity());
  }

  private static Optional<UnfinishedExpansion> decode(String location, byte[] bytes) {
    try {
      return Optional.of(FormatJson.decode(location, bytes, UnfinishedExpansion.class));
    } catch (CorruptCheckpoint _) {
      return Optional.empty();
    }
  }

  /** Adds a complete file. */
  UnfinishedExpansion with(String file, FileDigest digest, List<TensorReport> reports) {
    Map<String, FileDigest> allFiles = new TreeMap<>(files);
    allFiles.put(file, digest);
    List<TensorReport> allTensors = new ArrayList<>(tensors);
    allTensors.addAll(reports);
    return new UnfinishedExpansion(identity, allFiles, allTensors);
  }

  /** Marks the files as evidence, from which no later expansion resumes. */
  UnfinishedExpansion rejected(String reason) {
    return new UnfinishedExpansion("rejected: " + reason, files, tensors);
  }

  void write(CheckpointLocation folder) {
    folder.store().write(folder.key(NAME), FormatJson.encode(this));
  }

  static void remove(CheckpointLocation folder) {
    folder.store().delete(folder.key(NAME));
  }
}
