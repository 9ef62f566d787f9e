package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.StoredObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One of a checkpoint's tensor files.
 *
 * @param sha256 digest in the manifest, if there is one
 * @param tensors tensors in the order of their bytes
 */
public record TensorFile(StoredObject object, Optional<String> sha256, List<PlacedTensor> tensors) {
  public TensorFile {
    tensors = List.copyOf(tensors);
  }

  /** Returns the file with only the named tensors. */
  public TensorFile only(Set<String> names) {
    return new TensorFile(
        object,
        sha256,
        tensors.stream().filter(placed -> names.contains(placed.tensor().name())).toList());
  }
}
