package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an expansion has done so far: {@code expansion-unfinished.json}. Written before the first
 * file and after each, and removed at the end, so that one that was killed is gone on with.
 *
 * @param identity of the source, of what was asked for and of how this version carries it out
 * @param files that are complete, by name
 * @param tensors of these files
 */
public record UnfinishedExpansion(
    String identity, Map<String, FileDigest> files, List<TensorReport> tensors) {

  public static final String NAME = "expansion-unfinished.json";

  public UnfinishedExpansion {
    files = Collections.unmodifiableMap(new TreeMap<>(files));
    tensors = List.copyOf(tensors);
  }

  /** One that has written nothing yet. */
  static UnfinishedExpansion begun(String identity) {
    return new UnfinishedExpansion(identity, Map.of(), List.of());
  }

  /** What stands in a folder, if it is of the same identity; one that cannot be read is none. */
  static Optional<UnfinishedExpansion> find(ObjectStore store, String folder, String identity) {
    String key = folder + "/" + NAME;
    return store
        .find(key)
        .flatMap(object -> decode(store.location(key), store.readAll(object)))
        .filter(known -> known.identity().equals(identity));
  }

  private static Optional<UnfinishedExpansion> decode(String location, byte[] bytes) {
    try {
      return Optional.of(FormatJson.decode(location, bytes, UnfinishedExpansion.class));
    } catch (CorruptCheckpoint _) {
      return Optional.empty();
    }
  }

  UnfinishedExpansion with(String file, FileDigest digest, List<TensorReport> reports) {
    Map<String, FileDigest> allFiles = new TreeMap<>(files);
    allFiles.put(file, digest);
    List<TensorReport> allTensors = new ArrayList<>(tensors);
    allTensors.addAll(reports);
    return new UnfinishedExpansion(identity, allFiles, allTensors);
  }

  void write(ObjectStore store, String folder) {
    store.write(folder + "/" + NAME, FormatJson.encode(this));
  }

  static void remove(ObjectStore store, String folder) {
    store.delete(folder + "/" + NAME);
  }
}
